"""Microsoft and OpenAI renegotiate, as seen on 29 July 2025: what the case is, and what must not be read into it.

Two parties, Microsoft and all other stakeholders of OpenAI taken together, bargain over Microsoft's stake in the converted
company, its share of revenue to the end of 2030, its access to technology after AGI or after 2030, and the safety
guarantees attached to that access. Without a deal the contract runs on to 2030 or AGI and OpenAI does not convert. The
information is that of 29 July 2025; nothing learned later enters. Every number has a source or is marked as an assumption
in `parameters.toml`; most are assumptions. What may be claimed is: these sources and these ranges give these deals.

Limits of version 1

- One discount rate a firm prices its cash flows and creates gains from trade (a known fallacy of company-wide costs of
  capital); `capital_markets="common"` attaches rates to flows instead, and moves access more than anything else.
- Impatience in talks is a separate assumption (4 % a year for both, with a common hazard of breakdown); reading required
  returns as impatience is a variant (`required-returns`).
- What the $92bn cap covers is unknown; `cap_reading` has three answers and moves the stake by more than ten points.
- The value of conversion, L, carries most of the surplus; only a small part of it is sourced.
- The revenue share is at its bound because equity is assumed to be the costlier currency, not because any fact says so.
- The parties disagree about AGI; gains under different beliefs are not welfare.
- Complete information predicts immediate agreement; talks had run for nine months. The model speaks of terms, not delay.
- Net present values as utilities mean neutrality towards risk.
- Disagreement is constant (but for the talks called `declining`): impasse and breakdown both leave the contract to 2030.
- Events during the talks, and that both sides attach the same hazards to them, are assumptions; see `talks`.
- The conversion of stakes between the fully diluted and the press's basis is itself an assumption.
- Who sits at the table as one party is an assumption. The scenario `three-parties` seats the non-profit apart from other
  investors and staff; equal weights by seat then favour OpenAI's side, though no money has moved (Harsanyi 1977). There, no
  pair can sign without the third, money moves within OpenAI's side one for one, and what the non-profit has without
  conversion is assumed on a wide range, on which its stake depends and nothing else.

Never to be claimed: that the model predicts the deal; that Microsoft "has" some bargaining power; that a revenue share that
stays at 20 % is robust; that bets on AGI create the value; that a deal is fair or efficient for society (users, rivals
and safety have no payoff here, and the sum of two gains is no measure of welfare); how long talks last; any probability of
AGI, approval or litigation read off the output; that quantiles of draws from the ranges are a "95 % interval" (they are a
prior predictive of our boxes); that an even split has legal standing (VirnetX v. Cisco, 767 F.3d 1308, Fed. Cir. 2014);
that the non-profit is owed, or will get, the stake that a row of the three-party version shows.
"""

import type { GetSwarm } from "../../api/generated.ts";
import { cost, count, span } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";

const WORDS = {
  calls: ["Calls", count],
  tokens: ["Tokens", count],
  money: ["US dollars", cost],
  wallMs: ["Time in work", (ms: number) => span(ms / 1_000)],
} as const;

/** What it may spend, and what it has spent. */
export function Budget({ swarm }: { readonly swarm: GetSwarm }) {
  const { budget, cost: spent, maxAgents, leaseMs, wanted, crew } = swarm;
  return (
    <Card title="Budget">
      <ul className="swarm-budget">
        {(Object.keys(WORDS) as (keyof typeof WORDS)[]).map((name) => {
          const [label, words] = WORDS[name];
          const limit = budget[name];
          return (
            <li key={name}>
              <span>{label}</span>
              <span className="tabular">
                {words(spent[name])}
                {limit !== undefined && ` of ${words(limit)}`}
              </span>
              {limit !== undefined && (
                <meter
                  min={0}
                  max={Math.max(limit, 1)}
                  high={limit * 0.8}
                  value={Math.min(spent[name], limit)}
                  aria-label={`${label} spent`}
                />
              )}
            </li>
          );
        })}
      </ul>
      <Facts
        facts={[
          ["Agents at most", maxAgents],
          ["Crew", crew && `${wanted} of ${crew.profile}`],
          ["Lease", span(leaseMs / 1_000)],
        ]}
      />
    </Card>
  );
}

import type { ToolPolicy } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Loaded, SkeletonLines } from "../../ui/states.tsx";
import { wordsOf } from "./policy-words.ts";

/** What every policy does with a call of this tool, in the order in which a call meets them. */
export function Policies({ tool }: { readonly tool: string }) {
  const found = useAsk("GET tools/:tool/policies", { path: { tool } });
  return (
    <Card title="Policies in force" note="in the order in which a call meets them" flush>
      <Loaded query={found} skeleton={<SkeletonLines lines={7} height="2.75rem" />}>
        {({ policies }) => (
          <ol className="tool-policies">
            {policies.map((policy) => (
              <Line key={policy.policy} policy={policy} />
            ))}
          </ol>
        )}
      </Loaded>
    </Card>
  );
}

/** Why some do nothing, where that is worth a word. */
const OFF: Readonly<Record<string, string>> = {
  limit: "No limit of its own: that of each caller holds.",
  bulkhead: "It runs in the bridge itself, where nothing has to wait for a turn.",
};

function Line({ policy: { policy, active, settings } }: { readonly policy: ToolPolicy }) {
  return (
    <li data-off={!active || undefined}>
      <strong>{policy}</strong>
      <p>{active ? wordsOf(policy, settings) : (OFF[policy] ?? "Does nothing with this tool.")}</p>
      <Badge tone={active ? "ok" : "quiet"}>{active ? "on" : "off"}</Badge>
    </li>
  );
}

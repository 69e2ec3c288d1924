import { useMemo } from "react";
import { useAsk } from "../../api/queries.ts";
import { useNow } from "../../lib/use-now.ts";
import { useRights } from "../../session/session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Link } from "../../ui/link.tsx";
import { Loaded, SkeletonLines } from "../../ui/states.tsx";
import { type Change, changesBetween } from "./changes.ts";

const HOUR_MS = 3_600_000;
const MOST_SHOWN = 6;
const MOST_ACTS = 100;
const WORDS = { bad: "Worse", warn: "Look", ok: "Better", info: "New" } as const;

/** What is otherwise than the day before: how tools do, what servers offer, what administrators did. */
export function Changes() {
  const hour = Math.floor(useNow(60_000) / HOUR_MS) * HOUR_MS;
  const [dayAgo, twoDaysAgo] = [hour - 24 * HOUR_MS, hour - 48 * HOUR_MS];
  const today = useAsk(
    "GET metrics",
    { query: { from: dayAgo, group_by: "tool" } },
    { every: 60_000 },
  );
  const before = useAsk("GET metrics", {
    query: { from: twoDaysAgo, to: dayAgo, group_by: "tool" },
  });
  const changes = useMemo(
    () => changesBetween(before.data?.metrics ?? [], today.data?.metrics ?? []),
    [before.data, today.data],
  );
  return (
    <Card title="Since yesterday" note={changes.length || undefined} flush>
      <Definitions />
      <Administration since={dayAgo} />
      <Loaded query={today} skeleton={<SkeletonLines lines={3} height="2.5rem" />}>
        {() =>
          changes.length === 0 ? (
            <p className="overview-quiet">
              <Icon name="check" /> The tools do as they did.
            </p>
          ) : (
            <ul className="overview-list">
              {changes.slice(0, MOST_SHOWN).map((change) => (
                <Line key={change.key} change={change} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Line({ change: { tone, about, text } }: { readonly change: Change }) {
  return (
    <li>
      <Badge tone={tone}>{WORDS[tone]}</Badge>
      <div>
        <strong className="overview-tool">{about}</strong>
        <p className="overview-note">{text}</p>
      </div>
    </li>
  );
}

/** Definitions that are not as they were approved. */
function Definitions() {
  const pins = useAsk("GET pins", { query: {} });
  const changed = pins.data?.servers.filter(
    ({ waiting, gone }) => waiting.length + gone.length > 0,
  );
  return changed?.map(({ server, waiting, gone }) => (
    <p key={server} className="overview-line">
      <Icon name="alert" />
      <Link to={`/servers/${server}?tab=definitions`}>
        {server}: {definitionsOf(waiting.length + gone.length)} to approve
      </Link>
    </p>
  ));
}

function Administration({ since }: { readonly since: number }) {
  const refused = useRights().admin();
  const query = { from: since, event: "administered", limit: MOST_ACTS };
  const audit = useAsk("GET security/audit-logs", { query }, { enabled: refused === undefined });
  const done = audit.data?.entries.length ?? 0;
  if (done === 0) return null;
  return (
    <p className="overview-line">
      <Icon name="audit" />
      <Link to="/audit">{actsOf(done)} of administrators</Link>
    </p>
  );
}

/** As many as were asked for at most: there may be more. */
function actsOf(count: number): string {
  if (count >= MOST_ACTS) return `${MOST_ACTS} acts or more`;
  return count === 1 ? "One act" : `${count} acts`;
}

function definitionsOf(count: number): string {
  return count === 1 ? "one changed definition" : `${count} changed definitions`;
}

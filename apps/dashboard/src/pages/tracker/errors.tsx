import { useEach, useToolDo } from "../../api/tools.ts";
import { ago, count, percent } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { EvidenceList } from "./evidence.tsx";
import { searchFor, sparkOf } from "./lanes.ts";
import type { ErrorGroup, Hits, Insight } from "./shapes.ts";
import { Sparkline } from "./sparkline.tsx";

const DAYS = 14;
const MOST_HITS = 50;

interface ErrorsProps {
  readonly server: string;
  readonly errors: readonly ErrorGroup[];
  readonly insights: readonly Insight[];
}

/** The errors of the last two weeks, those that are met most first. */
export function Errors({ server, errors, insights }: ErrorsProps) {
  const now = useNow(60_000);
  const asked = errors.map((group) => ({
    query: searchFor(group) ?? "error",
    kinds: ["result", "line"],
    since: `${DAYS}d`,
    limit: MOST_HITS,
  }));
  const hits = useEach<Hits>(server, "search_history", asked);
  if (errors.length === 0) {
    return (
      <Empty icon="check" title="Nothing failed in two weeks">
        Errors of tools and commands that sessions meet are gathered here by what they have in
        common.
      </Empty>
    );
  }
  return (
    <div className="tracker-column">
      {insights.map((insight) => (
        <InsightCard key={`${insight.kind} ${insight.about}`} insight={insight} />
      ))}
      {errors.map((group, at) => {
        const found = hits.data?.[at];
        const times =
          found && "value" in found ? found.value.hits.map((hit) => hit.evidence.at) : [];
        return (
          <Group
            key={group.group}
            server={server}
            group={group}
            spark={sparkOf(times, DAYS, now)}
            now={now}
          />
        );
      })}
    </div>
  );
}

function InsightCard({ insight }: { readonly insight: Insight }) {
  const { title, detail, action, confidence } = insight;
  return (
    <Card title="Worth a look" note={`${percent(confidence)} sure`}>
      <p>
        <strong>{title}</strong>
      </p>
      <p>{detail}</p>
      <p className="tracker-facts">{action}</p>
    </Card>
  );
}

interface GroupProps {
  readonly server: string;
  readonly group: ErrorGroup;
  readonly spark: readonly number[];
  readonly now: number;
}

const TONES = { open: "bad", regressed: "bad", resolved: "ok" } as const;

function Group({ server, group: found, spark, now }: GroupProps) {
  const { group, message, status, component, command, project, last, evidence, note } = found;
  const resolve = useToolDo(server, "resolve_error");
  const toasts = useToasts();
  const isResolved = status === "resolved";
  async function decide(): Promise<void> {
    try {
      await resolve.mutateAsync({ group, reopen: isResolved });
      toasts.done(isResolved ? "It is open again" : "It counts as mended from now on");
    } catch (error) {
      toasts.failed("The error stays as it is", error);
    }
  }
  return (
    <Card
      className="tracker-group"
      title={message}
      note={<Badge tone={TONES[status]}>{status}</Badge>}
      actions={
        <Button
          size="s"
          disabled={resolve.refused}
          busy={resolve.isPending}
          onClick={() => void decide()}
        >
          {isResolved ? "Open it again" : "It is mended"}
        </Button>
      }
    >
      <div className="tracker-error">
        <Sparkline
          values={spark}
          label={`How often in each of the last ${DAYS} days: ${message}`}
        />
        <p className="tracker-facts">
          <strong className="tabular">
            {found.count === 1 ? "once" : `${count(found.count)} times`}
          </strong>
          <span>{[component, command].filter(Boolean).join(": ")}</span>
          {project && <span>{project}</span>}
          <span>{found.class}</span>
          <span>last {ago(last, now)}</span>
        </p>
        {note && <p>{note}</p>}
        <EvidenceList evidence={evidence} />
      </div>
    </Card>
  );
}

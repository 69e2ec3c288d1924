import type { DataOf } from "../../api/client.ts";
import type { HistoryRow } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { bytes, cost, duration, moment } from "../../lib/format.ts";
import { useParam } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { Json } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { OutcomeBadge } from "../../ui/outcome.tsx";
import { Empty, Loaded, Skeleton, SkeletonLines } from "../../ui/states.tsx";
import { Replay } from "./replay.tsx";
import { Waterfall } from "./waterfall-picture.tsx";
import "./call.css";

type Explained = DataOf<"GET history/:execution_id">;
export type Call = Extract<Explained, { readonly stages: unknown }>;

/** The anatomy of one call. */
export function Page() {
  const execution = useParam("execution");
  const query = useAsk("GET history/:execution_id", { path: { execution_id: execution } });
  const skeleton = (
    <>
      <PageHead title={<Skeleton width="18rem" height="2rem" />} />
      <SkeletonLines lines={8} />
    </>
  );
  return (
    <Loaded query={query} skeleton={skeleton}>
      {(found) =>
        "stages" in found ? (
          <OneCall call={found} />
        ) : (
          <OneChain calls={found.children} execution={execution} />
        )
      }
    </Loaded>
  );
}

function OneCall({ call }: { readonly call: Call }) {
  const { server, tool, outcome, error, stages, children } = call;
  return (
    <>
      <PageHead
        title={`${server}.${tool}`}
        lead={
          <>
            <Link to="/history">History</Link> · <OutcomeBadge outcome={outcome} /> {error?.message}
          </>
        }
        actions={<Replay call={call} />}
      />
      <div className="call">
        <Card
          title="Where the time went"
          note={call.duration_ms === undefined ? "running" : duration(call.duration_ms)}
          className="call-wide"
        >
          <Waterfall
            stages={stages}
            caused={children}
            startedAt={call.started_at}
            durationMs={call.duration_ms}
          />
        </Card>
        <Card
          title="Arguments"
          note={call.request_bytes === undefined ? undefined : bytes(call.request_bytes)}
        >
          {call.arguments === undefined ? (
            <p className="call-quiet">They are not shown to you, or were not kept.</p>
          ) : (
            <Json label="Arguments" value={call.arguments} />
          )}
        </Card>
        <CallFacts call={call} />
      </div>
    </>
  );
}

function CallFacts({ call }: { readonly call: Call }) {
  const now = useNow(60_000);
  const { parent_execution_id: parent, result_bytes, error } = call;
  const facts: readonly (readonly [string, unknown])[] = [
    ["Execution", <code key="id">{call.execution_id}</code>],
    ["Began", moment(call.started_at, now)],
    ["Caller", call.principal],
    ["Client", call.client],
    ["Era", call.era],
    ["Attempts", call.attempts],
    ["Cached", call.cached ? "yes" : "no"],
    ["Fallback", call.fallback_used ? "used" : "no"],
    ["Only reads", call.read_only ? "yes" : "no"],
    ["Result", result_bytes === undefined ? undefined : bytes(result_bytes)],
    ["Cost", call.cost === undefined ? undefined : cost(call.cost)],
    ["Error", error && <code key="error">{error.code}</code>],
    [
      "Part of",
      parent && (
        <Link key="parent" to={`/history/${parent}`}>
          another execution
        </Link>
      ),
    ],
  ];
  return (
    <Card title="Facts">
      <Facts facts={facts} />
    </Card>
  );
}

/** A chain that came in by itself is no call: its calls are those of its steps. */
function OneChain({
  calls,
  execution,
}: {
  readonly calls: readonly HistoryRow[];
  readonly execution: string;
}) {
  const [first] = calls;
  return (
    <>
      <PageHead title="A chain" lead={<code>{execution}</code>} />
      <Card title="Its calls" note={calls.length}>
        {first === undefined ? (
          <Empty title="It made no calls" />
        ) : (
          <Waterfall
            stages={[]}
            caused={calls}
            startedAt={first.started_at}
            durationMs={undefined}
          />
        )}
      </Card>
    </>
  );
}

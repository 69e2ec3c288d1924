import { useTool } from "../../api/tools.ts";
import { ago, bytes, count } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Loaded, SkeletonLines } from "../../ui/states.tsx";
import type { Health } from "./shapes.ts";

const TONES = {
  well: "ok",
  up: "ok",
  degraded: "warn",
  unwell: "bad",
  down: "bad",
} as const;

function toneOf(status: string) {
  return TONES[status as keyof typeof TONES] ?? "quiet";
}

/** Whether what is watched is well, and whether the tracker itself reads and keeps all. */
export function HealthView({ server }: { readonly server: string }) {
  const health = useTool<Health>(server, "system_health_check", {}, { every: 15_000 });
  return (
    <Loaded query={health} skeleton={<SkeletonLines lines={8} />}>
      {(found) => (
        <div className="tracker-halves">
          <Watched health={found} />
          <Itself health={found} />
        </div>
      )}
    </Loaded>
  );
}

function Watched({ health: { status, targets, notes } }: { readonly health: Health }) {
  const now = useNow(10_000);
  return (
    <Card title="What is watched" note={<Badge tone={toneOf(status)}>{status}</Badge>}>
      <ul className="tracker-column">
        {targets.map((target) => (
          <li key={target.name}>
            <Badge tone={toneOf(target.status)}>{target.status}</Badge>{" "}
            <strong>{target.name}</strong> since {ago(target.since, now)} {target.detail}
          </li>
        ))}
        {notes.map((note) => (
          <li key={note} className="tracker-facts">
            {note}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function filesOf({ files, backlog }: Health["reading"]): string {
  return backlog === 0 ? count(files) : `${count(files)}, ${count(backlog)} not read to the end`;
}

function Itself({ health: { reading, store } }: { readonly health: Health }) {
  const now = useNow(10_000);
  return (
    <Card title="The tracker itself" note={reading.on ? "reads" : "does not read"}>
      <div className="tracker-column">
        <Facts
          facts={[
            ["Files", filesOf(reading)],
            ["Sessions", count(store.sessions)],
            ["Records", count(store.records)],
            ["Tasks", count(store.tasks)],
            ["Kinds of errors", count(store.errorGroups)],
            ["Kept in", [store.kind, store.bytes && bytes(store.bytes)].filter(Boolean).join(", ")],
            ["The last record", store.newest && ago(store.newest, now)],
            ...reading.sources.map(
              ({ name, path }) => [name, <code key={name}>{path}</code>] as const,
            ),
          ]}
        />
        {reading.problems.map(({ message, count: times }) => (
          <p key={message} className="tracker-problem">
            {message} ({count(times)})
          </p>
        ))}
      </div>
    </Card>
  );
}

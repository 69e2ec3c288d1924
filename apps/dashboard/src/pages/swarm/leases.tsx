import type { GetSwarm } from "../../api/generated.ts";
import { duration } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card } from "../../ui/card.tsx";
import type { Task } from "./board.tsx";

interface LeasesProps {
  readonly swarm: GetSwarm;
  readonly tasks: readonly Task[];
}

/** What is in work, and how long its agent may be silent before somebody else is given it. */
export function Leases({ swarm, tasks }: LeasesProps) {
  const now = useNow(1_000);
  const { leases, members, reservations } = swarm;
  const names = new Map(members.map(({ id, name }) => [id, name]));
  const titles = new Map(tasks.map(({ id, title }) => [id, title]));
  return (
    <Card title="Leases" note={leases.length}>
      {leases.length === 0 && <p className="swarm-quiet">Nothing is in work.</p>}
      <ul className="swarm-leases">
        {leases.map(({ task, agent, ttlMs, until }) => {
          const left = Math.max(0, Date.parse(until) - now);
          return (
            <li key={task}>
              <strong>{titles.get(task) ?? task}</strong>
              <span>{names.get(agent) ?? agent}</span>
              <span className="tabular">{duration(left)}</span>
              <meter
                min={0}
                max={ttlMs}
                low={ttlMs / 4}
                optimum={ttlMs}
                value={Math.min(left, ttlMs)}
                aria-label={`Left of the lease of ${titles.get(task) ?? task}`}
              />
            </li>
          );
        })}
      </ul>
      {reservations.length > 0 && (
        <>
          <h3>Reserved files</h3>
          <ul className="swarm-leases">
            {reservations.map(({ agent, name, path, mode }) => (
              <li key={`${agent} ${path}`}>
                <code>{path}</code>
                <span>{name}</span>
                <span>{mode}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

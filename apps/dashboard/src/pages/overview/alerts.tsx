import type { Alert } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Link } from "../../ui/link.tsx";
import { Loaded, SkeletonLines } from "../../ui/states.tsx";
import { figuresOf, titleOf } from "./alert-words.ts";

const TONES = { firing: "bad", pending: "warn", resolved: "ok" } as const;
const WORDS = { firing: "Now", pending: "Perhaps", resolved: "Over" } as const;
const RANK = { firing: 0, pending: 1, resolved: 2 } as const;
const MOST_SHOWN = 6;

/** What goes wrong, what may, and what is over; and calls that wait for a person. */
export function Alerts() {
  const alerts = useAsk("GET alerts", {}, { every: 15_000 });
  const review = useAsk("GET review", { query: {} }, { every: 15_000 });
  const waiting = review.data?.items.length ?? 0;
  const firing = alerts.data?.alerts.filter(({ state }) => state === "firing").length;
  return (
    <Card title="Alerts" note={firing ? <Badge tone="bad">{firing} now</Badge> : undefined} flush>
      {waiting > 0 && (
        <p className="overview-line">
          <Icon name="review" />
          <Link to="/review">
            {waiting === 1 ? "One call waits" : `${waiting} calls wait`} for a person
          </Link>
        </p>
      )}
      <Loaded query={alerts} skeleton={<SkeletonLines lines={2} height="2.5rem" />}>
        {({ alerts: all, rules }) =>
          all.length === 0 ? (
            <p className="overview-quiet">
              <Icon name="check" /> All {rules.length} rules are quiet.
            </p>
          ) : (
            <ul className="overview-list">
              {sorted(all).map((alert) => (
                <Line key={alert.id} alert={alert} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Line({ alert }: { readonly alert: Alert }) {
  const now = useNow(10_000);
  const { server, state, since } = alert;
  return (
    <li>
      <Badge tone={TONES[state]}>{WORDS[state]}</Badge>
      <div>
        <strong>{titleOf(alert)}</strong> <span className="overview-about">{server}</span>
        <p className="overview-note">
          {figuresOf(alert)}, began {ago(since, now)}
        </p>
      </div>
    </li>
  );
}

function sorted(all: readonly Alert[]): readonly Alert[] {
  return [...all].sort((a, b) => RANK[a.state] - RANK[b.state]).slice(0, MOST_SHOWN);
}

import { ago, duration } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { OutcomeBadge } from "../../ui/outcome.tsx";
import type { Try } from "./tries.ts";

export interface TriesProps {
  readonly tries: readonly Try[];
  readonly again: (tried: Try) => void;
  readonly forget: () => void;
}

/** Earlier tries in this browser; choosing one fills the form with what it sent. */
export function Tries({ tries, again, forget }: TriesProps) {
  const now = useNow(10_000);
  if (tries.length === 0) return null;
  return (
    <Card
      title="Your tries"
      note={tries.length}
      flush
      actions={
        <Button size="s" look="quiet" onClick={forget}>
          Forget
        </Button>
      }
    >
      <ul className="tool-tries">
        {tries.map((each) => (
          <li key={each.id}>
            <button type="button" onClick={() => again(each)} title="Fill the form with this">
              <OutcomeBadge outcome={each.outcome} />
              <code>{JSON.stringify(each.arguments)}</code>
              <span className="tabular">{duration(each.ms)}</span>
              <span>{ago(each.at, now)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

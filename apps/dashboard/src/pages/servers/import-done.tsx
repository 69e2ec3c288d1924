import type { Import } from "../../api/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Link } from "../../ui/link.tsx";
import { outcomeOf } from "./app-choice.ts";
import { useFirstFocus } from "./first-focus.ts";

export interface ImportDoneProps {
  readonly done: Import;
  readonly close: () => void;
}

/** What became of each server, and what is to be done yet. */
export function ImportDone({ done, close }: ImportDoneProps) {
  const heading = useFirstFocus<HTMLHeadingElement>();
  const { servers, in_effect, warnings, connected, backup } = done;
  const added = servers.filter(({ outcome }) => outcome === "added");
  const restarts = [...new Set(connected.map(({ restart }) => restart))];
  return (
    <div className="servers-form">
      <h3 ref={heading} tabIndex={-1} className="servers-step">
        {added.length === 1 ? "1 server is added" : `${added.length} servers are added`}
      </h3>
      <ul className="servers-outcomes">
        {servers.map((each) => (
          <li key={`${each.host} ${each.file} ${each.name}`}>
            {outcomeOf(each)}{" "}
            {each.outcome !== "left" && each.outcome !== "own" && each.id !== undefined && (
              <Link to={`/servers/${each.id}`}>Open {each.id}</Link>
            )}
          </li>
        ))}
      </ul>
      {in_effect === false && <p>The bridge takes it up in a moment.</p>}
      {warnings.map((warning) => (
        <p key={warning} className="servers-note">
          {warning}
        </p>
      ))}
      {restarts.length > 0 && (
        <p className="servers-note">
          To use the bridge there: {restarts.join("; ")}. <code>trestle uninstall</code> gives the
          apps back what they had.
        </p>
      )}
      {backup !== undefined && (
        <p className="servers-kept">The configuration as it was is kept in {backup}.</p>
      )}
      <div className="servers-buttons">
        <Button look="primary" onClick={close}>
          Done
        </Button>
      </div>
    </div>
  );
}

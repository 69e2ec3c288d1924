import type { Import } from "../../api/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Diff } from "../../ui/diff.tsx";
import { outcomeOf } from "./app-choice.ts";
import { useFirstFocus } from "./first-focus.ts";

export interface ImportPreviewProps {
  readonly plan: Import;
  readonly busy: boolean;
  readonly problem: string | undefined;
  readonly back: () => void;
  readonly take: () => void;
}

/** What would be written, file by file, before anything is. */
export function ImportPreview({ plan, busy, problem, back, take }: ImportPreviewProps) {
  const heading = useFirstFocus<HTMLHeadingElement>();
  const { servers, changes, plain_secrets, connected } = plan;
  const added = servers.filter(({ outcome }) => outcome === "added").length;
  const others = servers.filter(({ outcome }) => outcome !== "added");
  const isNothing = changes.length === 0;
  return (
    <div className="servers-form">
      <h3 ref={heading} tabIndex={-1} className="servers-step">
        {isNothing ? "Nothing would change" : "This would change"}
      </h3>
      {others.map((each) => (
        <p key={`${each.host} ${each.file} ${each.name}`}>{outcomeOf(each)}</p>
      ))}
      {changes.map(({ file, lines }) => (
        <section key={file} className="servers-change" aria-label={file}>
          <h4>{file}</h4>
          <Diff lines={lines} label={`What changes in ${file}`} />
        </section>
      ))}
      {plain_secrets.length > 0 && <PlainSecrets secrets={plain_secrets} />}
      {connected.length > 0 && <p>Each file is kept as it was, beside the bridge's own.</p>}
      {problem && (
        <p className="servers-refused" role="alert">
          {problem}
        </p>
      )}
      <div className="servers-buttons">
        <Button onClick={back}>Back</Button>
        <Button
          look="primary"
          busy={busy}
          disabled={isNothing && "There is nothing to write."}
          onClick={take}
        >
          {added === 0 ? "Write it" : added === 1 ? "Add 1 server" : `Add ${added} servers`}
        </Button>
      </div>
    </div>
  );
}

function PlainSecrets({ secrets }: { readonly secrets: Import["plain_secrets"] }) {
  return (
    <div className="servers-note">
      <p>
        These secrets would stand in the configuration as they are, which only you can read then.
        Better is a reference to a variable in <code>.env</code> beside it:
      </p>
      <ul>
        {secrets.map(({ server, key, variable }) => (
          <li key={`${server} ${key}`}>
            {server}: {key} <code>{`\${${variable}}`}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

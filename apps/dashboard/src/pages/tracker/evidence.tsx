import { count, moment } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Link } from "../../ui/link.tsx";
import type { Evidence } from "./shapes.ts";

/** Where it was said: file, place in it, and the record's id. */
export function EvidenceList({ evidence }: { readonly evidence: readonly Evidence[] }) {
  const now = useNow(60_000);
  if (evidence.length === 0) return null;
  return (
    <details className="tracker-evidence">
      <summary>
        {evidence.length === 1
          ? "Where it was said"
          : `Where it was said, ${count(evidence.length)} places`}
      </summary>
      <ul>
        {evidence.map(({ record, session, at, path, offset }) => (
          <li key={record}>
            <code>{path}</code>, line at byte {count(offset)}
            <br />
            <code>{record}</code>
            <br />
            <Link to={`/tracker?tab=sessions&session=${encodeURIComponent(session)}`}>
              {session}
            </Link>
            , {moment(at, now)}
          </li>
        ))}
      </ul>
    </details>
  );
}

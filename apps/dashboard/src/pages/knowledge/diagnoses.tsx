import { useDeferredValue } from "react";
import { useTool } from "../../api/tools.ts";
import { ago, count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card } from "../../ui/card.tsx";
import { SearchField, SelectField } from "../../ui/field.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { Odds, Severity } from "./marks.tsx";
import type { Found, ListAnswer, SearchAnswer } from "./shapes.ts";

const SEVERITIES = ["critical", "high", "medium", "low"] as const;
const MOST = 50;

/** All of it, the newest first; or what fits words, the best first. */
export function Diagnoses({ server }: { readonly server: string }) {
  const [search, setSearch] = useSearchState();
  const { q = "", severity = "" } = search;
  const words = useDeferredValue(q.trim());
  return (
    <>
      <search className="knowledge-ask">
        <SearchField
          label="Search what is known"
          placeholder="Words of an error or a fix"
          value={q}
          onChange={(value) => setSearch({ q: value })}
        />
        <SelectField
          label="Severity"
          hidesLabel
          value={severity}
          choices={[
            { value: "", label: "Any severity" },
            ...SEVERITIES.map((value) => ({ value, label: value })),
          ]}
          onChange={(chosen) => setSearch({ severity: chosen })}
        />
      </search>
      {words === "" ? (
        <Newest server={server} severity={severity} />
      ) : (
        <BestFitting server={server} words={words} severity={severity} />
      )}
    </>
  );
}

interface ListProps {
  readonly server: string;
  readonly severity: string;
}

function Newest({ server, severity }: ListProps) {
  const listed = useTool<ListAnswer>(
    server,
    "list_diagnoses",
    { severity, limit: MOST },
    { keeps: true },
  );
  return (
    <Loaded query={listed} skeleton={<SkeletonLines lines={6} height="5rem" />}>
      {({ diagnoses, total }) => <List found={diagnoses} total={total} />}
    </Loaded>
  );
}

function BestFitting({ server, severity, words }: ListProps & { readonly words: string }) {
  const found = useTool<SearchAnswer>(
    server,
    "search_knowledge",
    { query: words, severity, limit: MOST },
    { keeps: true },
  );
  return (
    <Loaded query={found} skeleton={<SkeletonLines lines={6} height="5rem" />}>
      {({ results, total }) => <List found={results} total={total} words={words} />}
    </Loaded>
  );
}

function List({
  found,
  total,
  words,
}: {
  readonly found: readonly Found[];
  readonly total: number;
  readonly words?: string;
}) {
  const now = useNow(10_000);
  if (found.length === 0) {
    return (
      <Empty icon="knowledge" title={words ? "Nothing fits" : "Nothing is known yet"}>
        {words
          ? "Try fewer or other words, or any severity."
          : "store_diagnosis keeps an error and what mended it; assistants call it when they have mended something."}
      </Empty>
    );
  }
  return (
    <Card
      title={words ? "The best first" : "The newest first"}
      note={found.length < total ? `${count(found.length)} of ${count(total)}` : count(total)}
      flush
    >
      <ul className="knowledge-list">
        {found.map((each) => (
          <li key={each.id}>
            <p className="knowledge-error">
              <Link to={`/knowledge/${encodeURIComponent(each.id)}`}>{each.error}</Link>
            </p>
            <p className="knowledge-fix">{each.fix ?? "No fix is known."}</p>
            <p className="knowledge-marks">
              <Severity severity={each.severity} />
              {each.confidence && <Odds confidence={each.confidence} />}
              {each.context && <span>{each.context}</span>}
              <span>{ago(each.timestamp, now)}</span>
              {each.score !== undefined && <span>fits {Math.round(each.score * 100)} %</span>}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

import { useDeferredValue } from "react";
import { useTool } from "../../api/tools.ts";
import { count, moment, span } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { SearchField, SelectField } from "../../ui/field.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { type Moment, momentsOf, sessionsOf } from "./lanes.ts";
import type { ErrorGroup, Hits, Related, TaskPage } from "./shapes.ts";

interface SessionsProps {
  readonly server: string;
  readonly errors: readonly ErrorGroup[];
}

/** One session as it went: its tasks, its errors, and whatever was said with certain words. */
export function Sessions({ server, errors }: SessionsProps) {
  const [search, setSearch] = useSearchState();
  const { session: asked = "", words = "" } = search;
  const query = useDeferredValue(words.trim());
  const tasks = useTool<TaskPage>(server, "get_unfinished_tasks", { limit: 50 });
  const found = useTool<Hits>(
    server,
    "search_history",
    { query, session: asked, limit: 50 },
    { enabled: query !== "", keeps: true },
  );
  const hits = query === "" ? [] : (found.data?.hits ?? []);
  const known = { tasks: tasks.data?.tasks ?? [], errors, hits };
  const sessions = sessionsOf(known);
  const session = asked || sessions[0] || "";
  const choices = [...new Set(asked ? [asked, ...sessions] : sessions)];
  return (
    <>
      <search className="tracker-ask">
        <SearchField
          label="Words that were said"
          placeholder={'Words, all of which were said; "in this order"'}
          value={words}
          onChange={(value) => setSearch({ words: value })}
        />
        <SelectField
          label="Session"
          hidesLabel
          value={session}
          choices={choices.map((value) => ({ value, label: value }))}
          onChange={(value) => setSearch({ session: value })}
        />
      </search>
      {found.error && <p className="tracker-note">{found.error.message}</p>}
      {session === "" ? (
        <Empty icon="tracker" title="No session is known">
          What assistants write on this machine is read by itself; ingest_chat takes what is pasted.
        </Empty>
      ) : (
        <div className="tracker-halves">
          <Timeline moments={momentsOf(session, known)} />
          <SessionCard server={server} session={session} />
        </div>
      )}
    </>
  );
}

const KINDS = {
  error: { tone: "bad", label: "error" },
  task: { tone: "info", label: "task" },
  said: { tone: "quiet", label: "said" },
} as const;

function Timeline({ moments }: { readonly moments: readonly Moment[] }) {
  const now = useNow(60_000);
  return (
    <Card title="As it went" note="tasks, errors, and what has the words">
      {moments.length === 0 ? (
        <Empty icon="search" title="Nothing of it is shown">
          Search for words: what was said with them stands here in its order.
        </Empty>
      ) : (
        <ol className="tracker-timeline">
          {moments.map(({ at, key, kind, words }) => (
            <li key={key} data-kind={kind}>
              <time dateTime={at}>{moment(at, now)}</time>
              <Badge tone={KINDS[kind].tone}>{KINDS[kind].label}</Badge>
              <p>{words}</p>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function SessionCard({ server, session }: { readonly server: string; readonly session: string }) {
  const related = useTool<Related>(server, "correlate_conversations", { session });
  const now = useNow(60_000);
  return (
    <Card title="The session">
      <Loaded query={related} skeleton={<SkeletonLines lines={5} />}>
        {({ session: own, related: others }) => (
          <div className="tracker-column">
            <Facts
              facts={[
                ["Session", <code key="session">{own.session}</code>],
                ["Assistant", own.agent],
                ["Project", own.project],
                ["Began", moment(own.first, now)],
                ["Took", span((Date.parse(own.last) - Date.parse(own.first)) / 1_000)],
                ["Records", count(own.records)],
                ["Errors", count(own.errors)],
              ]}
            />
            {others.length > 0 && (
              <>
                <h3>Deal with the same</h3>
                <ul>
                  {others.map((other) => (
                    <li key={other.session}>
                      <Link
                        to={`/tracker?tab=sessions&session=${encodeURIComponent(other.session)}`}
                      >
                        {other.session}
                      </Link>
                    </li>
                  ))}
                </ul>
              </>
            )}
          </div>
        )}
      </Loaded>
    </Card>
  );
}

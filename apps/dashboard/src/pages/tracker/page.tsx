import { useTool } from "../../api/tools.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { PageHead } from "../../ui/card.tsx";
import { OwnServer } from "../../ui/own-server.tsx";
import { Loaded, SkeletonLines } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Board } from "./board.tsx";
import { Errors } from "./errors.tsx";
import { HealthView } from "./health.tsx";
import { Sessions } from "./sessions.tsx";
import type { Report } from "./shapes.ts";
import "./tracker.css";

/** What sessions with assistants left undone, what fails, and what happened when. */
export function Page() {
  return (
    <>
      <PageHead
        title="Tracker"
        lead="What sessions with assistants left undone, what fails, and where that was said."
      />
      <OwnServer name="tracker">{(server) => <Tracker server={server} />}</OwnServer>
    </>
  );
}

const SINCE = "14d";
const AGAIN_MS = 15_000;

function Tracker({ server }: { readonly server: string }) {
  const [search, setSearch] = useSearchState();
  const report = useTool<Report>(
    server,
    "generate_system_report",
    { since: SINCE },
    { every: AGAIN_MS },
  );
  return (
    <Tabs
      label="What the tracker knows"
      value={search.tab ?? "tasks"}
      onChange={(tab) => setSearch({ tab: tab === "tasks" ? "" : tab })}
      tabs={[
        { id: "tasks", label: "Tasks", content: <Board server={server} /> },
        {
          id: "errors",
          label: "Errors",
          count: report.data?.errors.length || undefined,
          content: (
            <Loaded query={report} skeleton={<SkeletonLines lines={6} height="4rem" />}>
              {({ errors, insights }) => (
                <Errors server={server} errors={errors} insights={insights} />
              )}
            </Loaded>
          ),
        },
        {
          id: "sessions",
          label: "Sessions",
          content: (
            <Loaded query={report} skeleton={<SkeletonLines lines={6} />}>
              {({ errors }) => <Sessions server={server} errors={errors} />}
            </Loaded>
          ),
        },
        { id: "health", label: "Health", content: <HealthView server={server} /> },
      ]}
    />
  );
}

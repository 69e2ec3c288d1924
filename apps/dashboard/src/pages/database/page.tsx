import { useSearchState } from "../../lib/navigate.ts";
import { PageHead } from "../../ui/card.tsx";
import { OwnServer } from "../../ui/own-server.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Query } from "./query.tsx";
import { Schema } from "./schema.tsx";
import "./database.css";

/** What the database holds and how its tables hang together; and asking it. */
export function Page() {
  const [search, setSearch] = useSearchState();
  return (
    <>
      <PageHead
        title="Database"
        lead="Tables and how they refer to each other; statements, their rows and their plans."
      />
      <OwnServer name="database">
        {(server) => (
          <Tabs
            label="About the database"
            value={search.tab ?? "schema"}
            onChange={(tab) => setSearch({ tab: tab === "schema" ? "" : tab })}
            tabs={[
              { id: "schema", label: "Schema", content: <Schema server={server} /> },
              { id: "query", label: "Query", content: <Query server={server} /> },
            ]}
          />
        )}
      </OwnServer>
    </>
  );
}

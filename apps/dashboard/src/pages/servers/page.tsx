import type { ServerState as Server } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago, count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { useRights } from "../../session/session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Link } from "../../ui/link.tsx";
import { SERVER_AND_STATE, TOOLS } from "../../ui/server-columns.tsx";
import { ServerState } from "../../ui/server-state.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { AddServer } from "./add-server.tsx";
import "./servers.css";

export function Page() {
  const servers = useAsk("GET servers", {}, { every: 10_000 });
  const rights = useRights();
  const [search, setSearch] = useSearchState();
  const add = (
    <Button
      look="primary"
      icon="plus"
      disabled={rights.admin()}
      onClick={() => setSearch({ add: "form" })}
    >
      Add a server
    </Button>
  );
  return (
    <>
      <PageHead
        title="Servers"
        lead="What stands behind the bridge: how each is, what it offers, and what it complains of."
        actions={add}
      />
      <Loaded query={servers} skeleton={<SkeletonLines lines={6} height="3rem" />}>
        {({ servers: all, problems }) => (
          <>
            {problems.map(({ server, level, message }) => (
              <p key={`${server} ${message}`} className="servers-problem" data-level={level}>
                <Icon name="alert" /> <strong>{server}</strong> {message}
              </p>
            ))}
            {all.length === 0 ? (
              <Empty icon="servers" title="No servers yet" action={add}>
                Add one by its address or command, or take over those of a host.
              </Empty>
            ) : (
              <Card flush>
                <DataTable label="Servers" rows={all} columns={COLUMNS} rowKey={({ id }) => id} />
              </Card>
            )}
          </>
        )}
      </Loaded>
      <AddServer way={search.add} choose={(way) => setSearch({ add: way })} />
    </>
  );
}

const COLUMNS: readonly Column<Server>[] = [
  ...SERVER_AND_STATE,
  {
    id: "kind",
    head: "Kind",
    wideOnly: true,
    sortBy: ({ kind }) => kind,
    cell: ({ kind, era }) => (
      <>
        {kind}
        {era === "legacy" && (
          <>
            {" "}
            <Badge title="It speaks the protocol of the handshake.">handshake</Badge>
          </>
        )}
      </>
    ),
  },
  TOOLS,
  {
    id: "prompts",
    head: "Prompts",
    align: "end",
    wideOnly: true,
    sortBy: ({ prompts }) => prompts,
    cell: ({ prompts }) => count(prompts),
  },
  {
    id: "resources",
    head: "Resources",
    align: "end",
    wideOnly: true,
    sortBy: ({ resources }) => resources,
    cell: ({ resources }) => count(resources),
  },
  {
    id: "restarts",
    head: "Restarts",
    align: "end",
    wideOnly: true,
    sortBy: ({ restarts }) => restarts,
    cell: ({ restarts }) => count(restarts),
  },
  {
    id: "since",
    head: "So since",
    wideOnly: true,
    sortBy: ({ since }) => since,
    cell: ({ since }) => <Since time={since} />,
  },
  {
    id: "problem",
    head: "Says",
    grow: true,
    wideOnly: true,
    cell: ({ problem, last_error }) => (
      <span className="servers-says">{problem ?? last_error}</span>
    ),
  },
];

function Since({ time }: { readonly time: string }) {
  return ago(time, useNow(10_000));
}

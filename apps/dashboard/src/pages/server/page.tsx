import type { ServerState as Server } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago, count } from "../../lib/format.ts";
import { useParam, useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { ServerState } from "../../ui/server-state.tsx";
import { Empty, Loaded, Skeleton, SkeletonLines } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Actions } from "./actions.tsx";
import { Complaints } from "./complaints.tsx";
import { Definitions } from "./definitions.tsx";
import { Entry } from "./entry.tsx";
import { ServerTools } from "./server-tools.tsx";
import "./server.css";

/** One server: how it is, what it offers and whether that was approved, what it complains of. */
export function Page() {
  const id = useParam("server");
  const servers = useAsk("GET servers", {}, { every: 5_000 });
  const skeleton = (
    <>
      <PageHead title={id} lead={<Skeleton width="20rem" />} />
      <SkeletonLines lines={8} />
    </>
  );
  return (
    <Loaded query={servers} skeleton={skeleton}>
      {({ servers: all }) => {
        const server = all.find((each) => each.id === id || each.aliases.includes(id));
        return server ? <OneServer key={server.id} server={server} /> : <Gone id={id} />;
      }}
    </Loaded>
  );
}

function Gone({ id }: { readonly id: string }) {
  return (
    <Empty
      icon="servers"
      title={`There is no server ${id}`}
      action={<Link to="/servers">All servers</Link>}
    >
      It may have been removed, or your key may not use it.
    </Empty>
  );
}

function OneServer({ server }: { readonly server: Server }) {
  const [search, setSearch] = useSearchState();
  const pins = useAsk("GET pins", { query: { server: server.id } });
  const own = pins.data?.servers.find((each) => each.server === server.id);
  const waiting = own ? own.waiting.length + own.gone.length : undefined;
  return (
    <>
      <PageHead
        title={server.id}
        lead={
          <>
            <Link to="/servers">Servers</Link> · {server.kind}{" "}
            <ServerState state={server.state} problem={server.problem} />{" "}
            {server.problem ?? server.last_error}
          </>
        }
        actions={<Actions server={server} edit={() => setSearch({ tab: "entry" })} />}
      />
      <Tabs
        label="About this server"
        value={search.tab ?? "tools"}
        onChange={(tab) => setSearch({ tab: tab === "tools" ? "" : tab })}
        tabs={[
          {
            id: "tools",
            label: "Tools",
            count: server.tools,
            content: <ServerTools server={server.id} />,
          },
          {
            id: "definitions",
            label: "Definitions",
            count: waiting || undefined,
            content: <Definitions server={server.id} />,
          },
          { id: "stderr", label: "Stderr", content: <Complaints server={server.id} /> },
          { id: "facts", label: "Facts", content: <ServerFacts server={server} /> },
          { id: "entry", label: "Configuration", content: <Entry server={server.id} /> },
        ]}
      />
    </>
  );
}

function ServerFacts({ server }: { readonly server: Server }) {
  const now = useNow();
  const { kind, era, pid, restarts, since, aliases, tools, prompts, resources, lists_from } =
    server;
  return (
    <Card title="Facts">
      <Facts
        facts={[
          ["Kind", kind],
          ["Era", era],
          ["Process", pid],
          ["Restarts", count(restarts)],
          ["In this state since", ago(since, now)],
          ["Also called", aliases.join(", ")],
          ["Tools", count(tools)],
          ["Prompts", count(prompts)],
          ["Resources", count(resources)],
          ["Lists from", lists_from],
        ]}
      />
    </Card>
  );
}

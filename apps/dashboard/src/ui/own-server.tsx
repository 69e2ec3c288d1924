import type { ReactNode } from "react";
import { hasCode } from "../api/failure.ts";
import type { ServerState } from "../api/generated.ts";
import { useAsk } from "../api/queries.ts";
import { Code } from "./code.tsx";
import { Link } from "./link.tsx";
import { Empty, Loaded, SkeletonLines } from "./states.tsx";
import "./own-server.css";

export interface OwnServerProps {
  /** As the configuration mounts it: `database`. */
  readonly name: string;
  /** Told which server it is here: what is mounted under another name may have ours as an alias. */
  readonly children: (server: string) => ReactNode;
}

/** What a page shows of one of our own servers; where that is not there, how it gets there. */
export function OwnServer({ name, children }: OwnServerProps) {
  const servers = useAsk("GET servers", {}, { every: 30_000 });
  // Who may not see the servers may be allowed to call this one.
  if (hasCode(servers.error, "denied")) return children(name);
  return (
    <Loaded query={servers} skeleton={<SkeletonLines lines={8} />}>
      {({ servers: all }) => {
        const found = all.find(({ id, aliases }) => id === name || aliases.includes(name));
        if (found === undefined) return <NotMounted name={name} />;
        return isDown(found) ? <Down server={found} /> : children(found.id);
      }}
    </Loaded>
  );
}

function isDown({ state }: ServerState): boolean {
  return state === "failed" || state === "closed";
}

function NotMounted({ name }: { readonly name: string }) {
  return (
    <>
      <Empty
        icon="servers"
        title={`There is no ${name} server here`}
        action={<Link to="/servers">To the servers</Link>}
      >
        Mount it: write these lines into trestle.json. The bridge reads them at once. If they are
        there, a line <code>"disabled": true</code> keeps it out.
      </Empty>
      <Lines name={name} entry={{ embedded: name }} />
    </>
  );
}

function Down({ server: { id, problem, last_error } }: { readonly server: ServerState }) {
  return (
    <Empty
      icon="alert"
      title={`The server ${id} does not run`}
      action={<Link to={`/servers/${id}`}>Look after it</Link>}
    >
      {problem ?? last_error ?? "It was stopped. Restart it on its page."}
    </Empty>
  );
}

/** What to write for a server to be mounted so. */
export function Lines({ name, entry }: { readonly name: string; readonly entry: object }) {
  return (
    <div className="own-server-lines">
      <Code label="Lines for trestle.json">
        {JSON.stringify({ mcpServers: { [name]: entry } }, null, 2)}
      </Code>
    </div>
  );
}

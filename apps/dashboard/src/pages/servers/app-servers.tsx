import { type FormEvent, useId } from "react";
import type { HostServer, HostServers } from "../../api/generated.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { CheckField } from "../../ui/field.tsx";
import { Empty } from "../../ui/states.tsx";
import { type ChosenServer, keyOf, refusalOf, remarksOf, startOf } from "./app-choice.ts";
import type { Wanted } from "./from-app.tsx";

export interface AppServersProps {
  readonly hosts: readonly HostServers[];
  /** Does the bridge take over programs over REST at all? */
  readonly takesPrograms: boolean;
  readonly wanted: Wanted;
  readonly choose: (wanted: Wanted) => void;
  readonly busy: boolean;
  readonly problem: string | undefined;
  readonly look: () => void;
}

/** The apps that were found, each with its servers to be ticked. */
export function AppServers(props: AppServersProps) {
  const { hosts, takesPrograms, wanted, choose, busy, problem, look } = props;
  const found = hosts.filter(({ servers, problems }) => servers.length + problems.length > 0);
  if (found.length === 0) return <NoApps hosts={hosts} />;
  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    if (wanted.servers.length > 0) look();
  }
  return (
    <form className="servers-form" onSubmit={onSubmit}>
      {!takesPrograms && <OnlyAddresses />}
      {found.map((host) => (
        <App
          key={host.host}
          host={host}
          takesPrograms={takesPrograms}
          chosen={wanted.servers}
          choose={(servers) => choose({ ...wanted, servers })}
        />
      ))}
      {takesPrograms && (
        <CheckField
          label="Give the apps the bridge in the place of what is taken over"
          hint="They use these servers through the bridge then. Their files are kept as they were, and `trestle uninstall` gives them back."
          checked={wanted.connect}
          onChange={(connect) => choose({ ...wanted, connect })}
        />
      )}
      {problem && (
        <p className="servers-refused" role="alert">
          {problem}
        </p>
      )}
      <Button
        type="submit"
        look="primary"
        busy={busy}
        disabled={wanted.servers.length === 0 && "Choose a server first."}
      >
        See what changes
      </Button>
    </form>
  );
}

interface AppProps {
  readonly host: HostServers;
  readonly takesPrograms: boolean;
  readonly chosen: readonly ChosenServer[];
  readonly choose: (chosen: readonly ChosenServer[]) => void;
}

function App({ host, takesPrograms, chosen, choose }: AppProps) {
  const id = useId();
  const all = host.servers.map((server) => ({
    ...{ server, ask: { host: host.host, name: server.name, file: server.file } },
    refused: refusalOf(server, takesPrograms),
  }));
  const free = all.filter(({ refused }) => refused === undefined).map(({ ask }) => ask);
  const keys = new Set(chosen.map(keyOf));
  const others = chosen.filter((each) => each.host !== host.host);
  const isWhole = free.every((each) => keys.has(keyOf(each)));
  const toggle = (one: ChosenServer, isWanted: boolean): void =>
    choose(isWanted ? [...chosen, one] : chosen.filter((each) => keyOf(each) !== keyOf(one)));
  return (
    <section className="servers-app" aria-labelledby={id}>
      <header>
        <h3 id={id}>{host.title}</h3>
        {free.length > 1 && (
          <Button
            size="s"
            look="quiet"
            onClick={() => choose(isWhole ? others : [...others, ...free])}
          >
            {isWhole ? `None of ${host.title}` : `All of ${host.title}`}
          </Button>
        )}
      </header>
      {host.problems.map((problem) => (
        <p key={problem} className="servers-refused">
          {problem}
        </p>
      ))}
      {all.map(({ server, ask, refused }) => (
        <CheckField
          key={keyOf(ask)}
          label={<Name server={server} />}
          hint={<About server={server} refused={refused} files={host.files.length} />}
          checked={refused === undefined && keys.has(keyOf(ask))}
          disabled={refused !== undefined}
          onChange={(isWanted) => toggle(ask, isWanted)}
        />
      ))}
    </section>
  );
}

function Name({ server: { name, state, scope } }: { readonly server: HostServer }) {
  return (
    <>
      {name} {state === "known" && <Badge tone="ok">at the bridge</Badge>}
      {scope === "project" && <Badge title="Others may share its file.">project</Badge>}
    </>
  );
}

interface AboutProps {
  readonly server: HostServer;
  readonly refused: string | undefined;
  /** In how many files the app keeps its servers. */
  readonly files: number;
}

function About({ server, refused, files }: AboutProps) {
  const said = refused ?? remarksOf(server).join("; ");
  return (
    <>
      <code>{startOf(server)}</code>
      {files > 1 && <span className="servers-app-line">in {server.file}</span>}
      {said !== "" && <span className="servers-app-line">{said}</span>}
    </>
  );
}

function OnlyAddresses() {
  return (
    <p className="servers-note">
      This bridge takes programs only from its own machine: run <code>trestle import --keep</code>{" "}
      there, or set <code>http.admin</code> in its configuration. Addresses can be taken over here.
    </p>
  );
}

function NoApps({ hosts }: Pick<AppServersProps, "hosts">) {
  const places = hosts.map(
    ({ title, looked }) => `${title}\n${looked.map((file) => `  ${file}`).join("\n")}`,
  );
  return (
    <>
      <Empty icon="servers" title="No app here has servers">
        The bridge looked on the machine that it runs on. Where an app is on another computer,
        choose its file below.
      </Empty>
      <Code label="Where the bridge looked">{places.join("\n")}</Code>
    </>
  );
}

import { type ReactNode, useDeferredValue, useMemo } from "react";
import type { FoundTool, ToolEntry } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { ownLast } from "../../lib/own-last.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { SearchField, SelectField } from "../../ui/field.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { ToolMarks } from "./tool-marks.tsx";
import "./tools.css";

const MOST_FOUND = 50;

export function Page() {
  const [search, setSearch] = useSearchState();
  const { q = "", server = "" } = search;
  const asked = useDeferredValue(q.trim());
  return (
    <>
      <PageHead
        title="Tools"
        lead="What assistants can call. Words find tools as they do for an assistant: the best first, with the arguments that it is told of."
      />
      <search className="tools-ask">
        <SearchField
          label="Search tools"
          placeholder="Such as: read a file"
          value={q}
          onChange={(value) => setSearch({ q: value })}
        />
        <ServerChoice server={server} choose={(chosen) => setSearch({ server: chosen })} />
      </search>
      {asked === "" ? <AllTools server={server} /> : <FoundTools asked={asked} server={server} />}
    </>
  );
}

function ServerChoice({
  server,
  choose,
}: {
  readonly server: string;
  readonly choose: (server: string) => void;
}) {
  const servers = useAsk("GET discover", {}).data?.servers ?? [];
  const choices = servers.map(({ id, tools_count }) => ({
    value: id,
    label: `${id} (${tools_count})`,
  }));
  return (
    <SelectField
      label="Server"
      hidesLabel
      value={server}
      choices={[{ value: "", label: "All servers" }, ...choices]}
      onChange={choose}
    />
  );
}

function FoundTools({ asked, server }: { readonly asked: string; readonly server: string }) {
  const query = { query: asked, limit: MOST_FOUND, ...(server && { server }) };
  const found = useAsk("GET tools/find", { query }, { keeps: true });
  return (
    <Loaded query={found} skeleton={<SkeletonLines lines={8} height="3.5rem" />}>
      {({ tools, total }) =>
        tools.length === 0 ? (
          <Empty icon="search" title="No tool fits">
            Use the words of what it should do, such as “list tables”. An assistant would find none
            either.
          </Empty>
        ) : (
          <Card
            title="Found"
            note={
              total > tools.length ? `the best ${tools.length} of ${count(total)}` : count(total)
            }
            flush
          >
            <ol className="tools-list">
              {tools.map((tool) => (
                <Found key={tool.name} tool={tool} best={tools[0]?.score ?? 1} />
              ))}
            </ol>
          </Card>
        )
      }
    </Loaded>
  );
}

function Found({ tool, best }: { readonly tool: FoundTool; readonly best: number }) {
  return (
    <ToolLine tool={tool}>
      <span className="tools-arguments">
        {tool.arguments.map((name) => (
          <code key={name}>{name}</code>
        ))}
      </span>
      <meter
        className="tools-score"
        min={0}
        max={best}
        value={tool.score}
        title={`Score ${tool.score}`}
        aria-label={`Score of ${tool.name}`}
      />
    </ToolLine>
  );
}

function AllTools({ server }: { readonly server: string }) {
  const query = server === "" ? {} : { server };
  const all = useAsk("GET tools", { query }, { keeps: true });
  return (
    <Loaded query={all} skeleton={<SkeletonLines lines={10} height="3.5rem" />}>
      {({ tools }) =>
        tools.length === 0 ? (
          <Empty
            icon="tools"
            title="No tools yet"
            action={<Link to="/servers?add=form">Add a server</Link>}
          >
            Tools appear once a server has listed them.
          </Empty>
        ) : (
          <Grouped tools={tools} />
        )
      }
    </Loaded>
  );
}

function Grouped({ tools }: { readonly tools: readonly ToolEntry[] }) {
  const groups = useMemo(
    () => Object.entries(Object.groupBy(ownLast(tools), (tool) => tool.server)),
    [tools],
  );
  return (
    <div className="tools-groups">
      {groups.map(([server, own = []]) => (
        <Card
          key={server}
          title={server}
          note={own.length === 1 ? "1 tool" : `${own.length} tools`}
          flush
        >
          <ul className="tools-list">
            {own.map((tool) => (
              <ToolLine key={tool.name} tool={tool} />
            ))}
          </ul>
        </Card>
      ))}
    </div>
  );
}

interface ToolLineProps {
  readonly tool: ToolEntry | FoundTool;
  readonly children?: ReactNode;
}

function ToolLine({ tool, children }: ToolLineProps) {
  return (
    <li className="tools-line">
      <div>
        <Link className="tools-name" to={`/tools/${encodeURIComponent(tool.name)}`}>
          {children && <span>{tool.server}.</span>}
          {tool.tool}
        </Link>
        <p className="tools-about">{tool.description}</p>
        {children}
      </div>
      <ToolMarks tool={tool} />
    </li>
  );
}

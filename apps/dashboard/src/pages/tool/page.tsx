import type { ToolDetail } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { useParam, useSearchState } from "../../lib/navigate.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { Json } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { Loaded, Skeleton, SkeletonLines } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { ToolMarks } from "../tools/tool-marks.tsx";
import { Policies } from "./policies.tsx";
import { Statistics } from "./statistics.tsx";
import { TryIt } from "./try-it.tsx";
import "./tool.css";

/** One tool: try it, how it does, what policies do with its calls, what it says of itself. */
export function Page() {
  const tool = useParam("tool");
  const detail = useAsk("GET tools/:tool", { path: { tool } });
  const skeleton = (
    <>
      <PageHead
        title={<Skeleton width="16rem" height="2rem" />}
        lead={<Skeleton width="30rem" />}
      />
      <SkeletonLines lines={8} />
    </>
  );
  return (
    <Loaded query={detail} skeleton={skeleton}>
      {(found) => <OneTool key={found.name} tool={found} />}
    </Loaded>
  );
}

function OneTool({ tool }: { readonly tool: ToolDetail }) {
  const [search, setSearch] = useSearchState();
  const about = tool.description.split("\n", 1)[0];
  return (
    <>
      <PageHead
        title={tool.title ?? tool.tool}
        lead={
          <>
            <Link to={`/servers/${tool.server}`}>{tool.server}</Link> · <code>{tool.name}</code>
            <br />
            {about}
          </>
        }
        actions={<ToolMarks tool={tool} />}
      />
      <Tabs
        label="About this tool"
        value={search.tab ?? "try"}
        onChange={(tab) => setSearch({ tab: tab === "try" ? "" : tab })}
        tabs={[
          { id: "try", label: "Try it", content: <TryIt tool={tool} from={search.from} /> },
          {
            id: "statistics",
            label: "Statistics",
            content: <Statistics server={tool.server} tool={tool.tool} />,
          },
          { id: "policies", label: "Policies", content: <Policies tool={tool.name} /> },
          { id: "definition", label: "Definition", content: <Definition tool={tool} /> },
        ]}
      />
    </>
  );
}

function Definition({ tool }: { readonly tool: ToolDetail }) {
  const { description, input_schema, output_schema, definition_hash, idempotent, open_world } =
    tool;
  return (
    <div className="tool-halves">
      <Card title="What it says of itself">
        <p className="tool-words">{description}</p>
        <Facts
          facts={[
            ["Repeatable", idempotent ? "yes: twice is as once" : "no"],
            ["Reaches out", open_world ? "yes: to things beyond its server" : "no"],
            ["Digest", <code key="hash">{definition_hash.slice(0, 16)}</code>],
          ]}
        />
      </Card>
      <Card title="Input">
        <Json label="Input schema" value={input_schema} />
      </Card>
      {output_schema && (
        <Card title="Output">
          <Json label="Output schema" value={output_schema} />
        </Card>
      )}
    </div>
  );
}

import { useMemo } from "react";
import { useOrchestrator, useOrchestratorRead } from "../../api/orchestrator.ts";
import { useAsk } from "../../api/queries.ts";
import { useParam, useSearchState } from "../../lib/navigate.ts";
import { PageHead } from "../../ui/card.tsx";
import { Loaded, Skeleton, SkeletonLines } from "../../ui/states.tsx";
import { Builder } from "./builder.tsx";
import { type Definition, emptyDefinition } from "./definition.ts";
import { createCatalog } from "./tool-catalog.ts";
import "./workflow.css";

/** One workflow: built, tried and run. `/workflows/new` begins another. */
export function Page() {
  const workflow = useParam("workflow");
  const [{ version }] = useSearchState();
  const isNew = workflow === "new";
  const server = useOrchestrator();
  const tools = useAsk("GET tools", { query: { detail: "full" } });
  const kept = useOrchestratorRead<{ readonly definition: Definition }>(
    "get_workflow",
    { id: workflow, ...(version && { version }) },
    { enabled: !isNew },
  );
  const entries = tools.data?.tools;
  const catalog = useMemo(() => createCatalog(entries ?? []), [entries]);
  const skeleton = (
    <>
      <PageHead title={<Skeleton width="18rem" height="2rem" />} />
      <SkeletonLines lines={8} />
    </>
  );
  const begun = useMemo(() => ({ definition: emptyDefinition("my-workflow") }), []);
  const query = isNew
    ? { data: begun, error: undefined, isPending: false, refetch: () => undefined }
    : kept;
  return (
    <Loaded query={query} skeleton={skeleton}>
      {({ definition }) => (
        <Builder
          key={`${workflow} ${version ?? ""}`}
          kept={definition}
          isNew={isNew}
          server={server}
          catalog={catalog}
        />
      )}
    </Loaded>
  );
}

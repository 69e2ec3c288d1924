import { useState } from "react";
import { useSearchState } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { PageHead } from "../../ui/card.tsx";
import { Empty, Problem, SkeletonLines } from "../../ui/states.tsx";
import { CallList } from "./call-list.tsx";
import { Export } from "./export.tsx";
import { FilterBar } from "./filter-bar.tsx";
import type { Filters } from "./rows.ts";
import { useRows } from "./use-rows.ts";
import "./history.css";

export function Page() {
  const [search, setSearch] = useSearchState();
  const filters: Filters = {
    server: search.server,
    tool: search.tool,
    outcome: search.outcome,
    principal: search.principal,
    span: search.span,
    from: search.from,
    to: search.to,
  };
  const rows = useRows(filters);
  const isFiltered = Object.values(filters).some(Boolean);
  const fields = useFieldsAnew(isFiltered);
  const clear = (): void => {
    setSearch(Object.fromEntries(Object.keys(filters).map((name) => [name, ""])));
    fields.begin();
  };
  return (
    <>
      <PageHead
        title="History"
        lead="Every call, as it ends. Choose one to see what each policy decided, and how long it took."
        actions={<Export filters={filters} />}
      />
      <FilterBar key={fields.round} filters={filters} change={setSearch} />
      {rows.error ? (
        <Problem error={rows.error} />
      ) : rows.all.length > 0 ? (
        <CallList rows={rows} />
      ) : rows.isLoading ? (
        <SkeletonLines lines={12} height="2rem" />
      ) : (
        <Nothing isFiltered={isFiltered} clear={clear} />
      )}
    </>
  );
}

/** Fields keep what was written into them: they begin anew once the address holds no filter any more. */
function useFieldsAnew(isFiltered: boolean) {
  const [{ round, asked }, set] = useState({ round: 0, asked: false });
  if (asked && !isFiltered) set({ round: round + 1, asked: false });
  return { round, begin: () => set({ round, asked: true }) };
}

function Nothing({
  isFiltered,
  clear,
}: {
  readonly isFiltered: boolean;
  readonly clear: () => void;
}) {
  return isFiltered ? (
    <Empty
      icon="filter"
      title="No call fits"
      action={<Button onClick={clear}>Show all calls</Button>}
    >
      Nothing in the history fits these filters.
    </Empty>
  ) : (
    <Empty icon="history" title="Nothing was called yet">
      Calls appear here as they end. Try a tool, or connect an assistant to the bridge.
    </Empty>
  );
}

import { useAsk } from "../../api/queries.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { PageHead } from "../../ui/card.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { OUTCOME_CHOICES } from "../../ui/outcome.tsx";
import { Empty, Problem, SkeletonLines } from "../../ui/states.tsx";
import { CallList } from "./call-list.tsx";
import { Export } from "./export.tsx";
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
  };
  const rows = useRows(filters);
  const isFiltered = Object.values(filters).some(Boolean);
  return (
    <>
      <PageHead
        title="History"
        lead="Every call, as it ends. Choose one to see what each policy decided, and how long it took."
        actions={<Export filters={filters} />}
      />
      <FilterBar filters={filters} change={setSearch} />
      {rows.error ? (
        <Problem error={rows.error} />
      ) : rows.all.length > 0 ? (
        <CallList rows={rows} />
      ) : rows.isLoading ? (
        <SkeletonLines lines={12} height="2rem" />
      ) : (
        <Nothing
          isFiltered={isFiltered}
          clear={() => setSearch({ server: "", tool: "", outcome: "", principal: "" })}
        />
      )}
    </>
  );
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

interface FilterBarProps {
  readonly filters: Filters;
  readonly change: (changes: Readonly<Record<string, string | undefined>>) => void;
}

function FilterBar({ filters, change }: FilterBarProps) {
  const servers = useAsk("GET servers", {}).data?.servers ?? [];
  const choices = [
    { value: "", label: "All servers" },
    ...servers.map(({ id }) => ({ value: id, label: id })),
  ];
  const text = (name: "tool" | "principal") => ({
    defaultValue: filters[name] ?? "",
    onChange: (event: { readonly target: { readonly value: string } }) =>
      change({ [name]: event.target.value.trim() }),
  });
  return (
    <search className="history-filters">
      <SelectField
        label="Server"
        hidesLabel
        value={filters.server ?? ""}
        choices={choices}
        onChange={(server) => change({ server })}
      />
      <SelectField
        label="Outcome"
        hidesLabel
        value={filters.outcome ?? ""}
        choices={OUTCOME_CHOICES}
        onChange={(outcome) => change({ outcome })}
      />
      <TextField label="Tool" hidesLabel placeholder="Tool" {...text("tool")} />
      <TextField label="Caller" hidesLabel placeholder="Caller" {...text("principal")} />
    </search>
  );
}

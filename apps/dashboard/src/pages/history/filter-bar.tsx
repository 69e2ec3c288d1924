import type { ChangeEvent } from "react";
import { useAsk } from "../../api/queries.ts";
import { SelectField, TextField } from "../../ui/field.tsx";
import { OUTCOME_CHOICES } from "../../ui/outcome.tsx";
import type { Filters } from "./rows.ts";
import { BETWEEN, WHEN_CHOICES } from "./when.ts";

export interface FilterBarProps {
  readonly filters: Filters;
  readonly change: (changes: Readonly<Record<string, string | undefined>>) => void;
}

const TOOLS = "history-tools";

/** What is chosen stands in the address. */
export function FilterBar({ filters, change }: FilterBarProps) {
  const { server = "", outcome = "", span = "" } = filters;
  const servers = useAsk("GET servers", {}).data?.servers ?? [];
  const choices = [
    { value: "", label: "All servers" },
    ...servers.map(({ id }) => ({ value: id, label: id })),
  ];
  const text = (name: "tool" | "principal" | "from" | "to") => ({
    defaultValue: filters[name] ?? "",
    onChange: ({ target }: ChangeEvent<HTMLInputElement>) =>
      change({ [name]: target.value.trim() }),
  });
  return (
    <search className="history-filters">
      <SelectField
        label="When"
        hidesLabel
        value={span}
        choices={WHEN_CHOICES}
        onChange={(chosen) => change({ span: chosen, from: "", to: "" })}
      />
      <SelectField
        label="Server"
        hidesLabel
        value={server}
        choices={choices}
        onChange={(chosen) => change({ server: chosen })}
      />
      <SelectField
        label="Outcome"
        hidesLabel
        value={outcome}
        choices={OUTCOME_CHOICES}
        onChange={(chosen) => change({ outcome: chosen })}
      />
      <TextField label="Tool" hidesLabel placeholder="Tool" list={TOOLS} {...text("tool")} />
      <ToolNames server={server} />
      <TextField label="Caller" hidesLabel placeholder="Caller" {...text("principal")} />
      {span === BETWEEN && (
        <div className="history-times">
          <TextField label="From" type="datetime-local" {...text("from")} />
          <TextField label="To" type="datetime-local" {...text("to")} />
        </div>
      )}
    </search>
  );
}

/** A tool is asked for by its whole name: the browser completes it. */
function ToolNames({ server }: { readonly server: string }) {
  const tools = useAsk("GET tools", { query: { detail: "names" } }).data?.tools ?? [];
  const names = new Set(
    tools.filter((each) => server === "" || each.server === server).map(({ tool }) => tool),
  );
  return (
    <datalist id={TOOLS}>
      {[...names].map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}

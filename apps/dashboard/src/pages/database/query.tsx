import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../api/failure.ts";
import { callTool, readAgain, useTool } from "../../api/tools.ts";
import { count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { CheckField } from "../../ui/field.tsx";
import { completionsOf } from "./completion.ts";
import { type Asked, confirmationOf } from "./confirmation.ts";
import { Outcome } from "./outcome.tsx";
import type { Plan, RowPage, TableList } from "./shapes.ts";
import { SqlEditor } from "./sql-editor.tsx";

const PAGE_ROWS = 50;

/** Statements, as they are written: run, or explained. */
export function Query({ server }: { readonly server: string }) {
  const [search] = useSearchState();
  const [sql, setSql] = useState(search.sql ?? "");
  const [analyze, setAnalyze] = useState(false);
  const tables = useTool<TableList>(server, "list_tables", { detail: "columns", limit: 1_000 });
  const { asked, busy, run, explain, confirm, leave } = useAsking(server);
  const nothing = sql.trim() === "" && "Write a statement first.";
  return (
    <div className="database-query">
      <Card title="Statement" note={`Ctrl Enter runs it${completing(tables.data)}`}>
        <SqlEditor
          value={sql}
          onChange={setSql}
          tables={completionsOf(tables.data?.tables ?? [])}
          onSubmit={() => sql.trim() !== "" && run(sql)}
        />
        <div className="database-send">
          <Button
            look="primary"
            icon="play"
            busy={busy}
            disabled={nothing}
            onClick={() => run(sql)}
          >
            Run
          </Button>
          <Button disabled={nothing} busy={busy} onClick={() => explain(sql, analyze)}>
            Explain
          </Button>
          <CheckField
            label="Run it for the plan, too"
            hint="what it writes is rolled back"
            checked={analyze}
            onChange={setAnalyze}
          />
        </div>
      </Card>
      <Outcome asked={asked} busy={busy} page={(offset) => asked && run(asked.sql, { offset })} />
      <Confirm
        open={asked?.kind === "question"}
        onOpenChange={(open) => !open && leave()}
        title="Run this?"
        verb="Run it"
        danger
        onConfirm={confirm}
      >
        {asked?.kind === "question" ? `${asked.confirm} cannot be undone.` : ""}
      </Confirm>
    </div>
  );
}

function completing(list: TableList | undefined): string {
  return list === undefined ? "" : `, Ctrl Space completes ${count(list.total)} tables`;
}

interface RunOptions {
  readonly offset?: number;
  readonly confirm?: string;
}

/** What was asked last, and what came of it. */
function useAsking(server: string) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const [busy, setBusy] = useState(false);

  async function making(sql: string, ask: () => Promise<Asked>): Promise<void> {
    setBusy(true);
    const made = await ask().catch((error: unknown): Asked => {
      const confirm = confirmationOf(error);
      if (confirm !== undefined) return { kind: "question", sql, confirm };
      return { kind: "failure", sql, message: messageOf(error) };
    });
    setAsked(made);
    setBusy(false);
  }

  function run(sql: string, { offset = 0, confirm }: RunOptions = {}): void {
    void making(sql, async () => {
      const args = { sql, offset, maxRows: PAGE_ROWS, confirm };
      const page = await callTool<RowPage>(server, "run_sql", args);
      // A statement may have changed what tables there are.
      if (page.columns.length === 0) void readAgain(client, server);
      return { kind: "rows", sql, page, offset };
    });
  }

  function explain(sql: string, analyze: boolean): void {
    void making(sql, async () => {
      const args = { sql, analyze, format: "json" };
      const { plan, analyzed } = await callTool<Plan>(server, "explain_query", args);
      return { kind: "plan", sql, plan, analyzed };
    });
  }

  const confirm = (): void => {
    if (asked?.kind === "question") run(asked.sql, { confirm: asked.confirm });
  };
  return { asked, busy, run, explain, confirm, leave: () => setAsked(undefined) };
}

import type { Sqlite } from "@trestle/store";
import { commandHead } from "../../errors/command-head.ts";
import type { Transactions } from "./transaction.ts";

const COMMANDS_AT_ONCE = 500;

/** Heads of commands that an older program has stored: SQL cannot make them. Nothing where there are none. */
export async function fillHeads(sqlite: Sqlite, { change }: Transactions): Promise<void> {
  const left = () =>
    sqlite
      .read("SELECT command FROM headless LIMIT ?", [COMMANDS_AT_ONCE])
      .map(({ command }) => String(command));
  while (left().length > 0) {
    await change(() => {
      const commands = left();
      return {
        statements: [
          {
            sql: "UPDATE run SET head = ? WHERE command = ?",
            each: commands.map((command) => [commandHead(command), command]),
          },
          {
            sql: "DELETE FROM headless WHERE command = ?",
            each: commands.map((command) => [command]),
          },
        ],
        result: undefined,
      };
    });
  }
}

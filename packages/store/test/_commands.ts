import { createLineSplitter, type JsonObject, type JsonValue, messageOf } from "@trestle/protocol";

type Command = (fields: JsonObject) => Promise<JsonValue> | JsonValue;

/** The other side of `startProcess`: answers commands until stdin ends. */
export function answerCommands(commands: Record<string, Command>): void {
  const lines = createLineSplitter();
  process.stdin.on("data", (chunk: Buffer) => {
    for (const line of lines.push(chunk).lines) void answer(JSON.parse(line) as JsonObject);
  });

  async function answer({ id, command, ...fields }: JsonObject): Promise<void> {
    try {
      const value = await commands[String(command)]?.(fields);
      say({ id: id ?? null, value: value ?? null });
    } catch (error) {
      const { code = "none", details } = error as { code?: JsonValue; details?: JsonObject };
      say({ id: id ?? null, error: { code, message: messageOf(error), details } });
    }
  }
}

export function say(message: JsonObject): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

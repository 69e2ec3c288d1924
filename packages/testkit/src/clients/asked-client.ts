import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { JsonObject } from "@trestle/protocol";

/** What somebody at a client does with a question: `{ action: "accept", content: { … } }`. */
export type AnswerQuestion = (question: JsonObject) => JsonObject;

export interface AskedClient {
  callTool(name: string, args: JsonObject): Promise<JsonObject>;
  /** The questions that came, oldest first. */
  readonly questions: JsonObject[];
  close(): Promise<void>;
}

/**
 * The official client over Streamable HTTP with a person in front of it, in the modern era (`auto`) or
 * in the legacy one. Without an answer it declares that nobody can be asked.
 */
export async function connectAskedClient(
  url: string,
  mode: "auto" | "legacy",
  answer?: AnswerQuestion,
): Promise<AskedClient> {
  const questions: JsonObject[] = [];
  const client = new Client(
    { name: "asked", version: "1" },
    {
      versionNegotiation: { mode },
      capabilities: answer ? { elicitation: { form: {} } } : {},
    },
  );
  if (answer) {
    client.setRequestHandler("elicitation/create", ({ params }) => {
      questions.push(params as unknown as JsonObject);
      return answer(params as unknown as JsonObject) as { action: "accept" };
    });
  }
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return {
    questions,
    callTool: async (name, args) =>
      (await client.callTool({ name, arguments: args })) as unknown as JsonObject,
    close: () => client.close(),
  };
}

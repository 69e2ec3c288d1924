import type { Host, ServerInstance } from "@trestle/protocol";
import { defineServer } from "@trestle-mcp/server-kit";
import { askingTools } from "./fixture/asking.ts";
import { withChangingLists } from "./fixture/changing.ts";
import { contentTools } from "./fixture/content.ts";
import { notifyingTools } from "./fixture/notifying.ts";
import { prompts } from "./fixture/prompts.ts";
import { resources } from "./fixture/resources.ts";
import { roundTools } from "./fixture/rounds.ts";
import { taskTools } from "./fixture/tasks.ts";

/** The server that the official conformance suite expects to find. */
const facts = {
  name: "conformance-fixture",
  title: "Conformance fixture",
  version: "1.0.0",
  description: "Everything that the conformance suite calls, reads and gets",
  ...{ logging: true, resources, prompts },
};

const tools = [...contentTools, ...notifyingTools, ...askingTools, ...roundTools, ...taskTools];

export function mountFixture(host: Host): ServerInstance {
  return withChangingLists(defineServer({ ...facts, tools }).mount(host, {}));
}

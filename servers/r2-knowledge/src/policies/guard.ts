import type {
  Complete,
  PromptDefinition,
  ResourceDefinition,
  ToolContext,
  ToolDefinition,
} from "@trestle-mcp/server-kit";
import type { Doors, State } from "../state.ts";

/**
 * Tools, resources and prompts are written for what one caller may see and do (`State`), and the server
 * opens only doors to that: here each call goes through the one of its caller, and nowhere else.
 */
export function guardTools(tools: readonly ToolDefinition<State>[]): ToolDefinition<Doors>[] {
  return tools.map((tool) => ({
    ...tool,
    run: (input, context) => tool.run(input, through(context, tool.name)),
  }));
}

export function guardResources(
  resources: readonly ResourceDefinition<State>[],
): ResourceDefinition<Doors>[] {
  return resources.map(({ read, watch, list, complete, ...resource }) => ({
    ...resource,
    read: (asked, context) => read(asked, through(context, asked.uri)),
    ...(watch && { watch: (asked, context) => watch(asked, through(context, asked.uri)) }),
    ...(list && { list: (context) => list(through(context, resource.name)) }),
    ...(complete && { complete: guardCompletions(complete, resource.name) }),
  }));
}

export function guardPrompts(
  prompts: readonly PromptDefinition<State>[],
): PromptDefinition<Doors>[] {
  return prompts.map(({ run, arguments: given, ...prompt }) => ({
    ...prompt,
    run: (args, context) => run(args, through(context, prompt.name)),
    ...(given && {
      arguments: Object.fromEntries(
        Object.entries(given).map(([name, { complete, ...argument }]) => [
          name,
          { ...argument, ...(complete && { complete: guarded(complete, prompt.name) }) },
        ]),
      ),
    }),
  }));
}

function guardCompletions(completions: Readonly<Record<string, Complete<State>>>, via: string) {
  return Object.fromEntries(
    Object.entries(completions).map(([name, complete]) => [name, guarded(complete, via)]),
  );
}

function guarded(complete: Complete<State>, via: string): Complete<Doors> {
  return (value, context, settled) => complete(value, through(context, via), settled);
}

/** The same context, whose state is that of its caller. Its getters stay getters. */
function through(context: ToolContext<Doors>, via: string): ToolContext<State> {
  const state = context.state.as({ principal: context.principal, via });
  return Object.defineProperties({} as ToolContext<State>, {
    ...Object.getOwnPropertyDescriptors(context),
    state: { value: state, enumerable: true },
  });
}

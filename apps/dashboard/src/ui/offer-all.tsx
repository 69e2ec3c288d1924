import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ask } from "../api/client.ts";
import type { LeftOut } from "../api/left-out.ts";
import { namedEntry } from "../lib/server-id.ts";
import { useRights } from "../session/session.tsx";
import { Button } from "./button.tsx";
import { Lines } from "./own-server.tsx";
import { Empty } from "./states.tsx";
import { useToasts } from "./toasts.tsx";

/** A server of ours is mounted with few of its tools: what is missing for this, and the control that offers it. */
export function OfferAll({ server, tool }: LeftOut) {
  return (
    <>
      <Empty
        icon="tools"
        title={`${server} offers few of its tools`}
        action={<OfferAllButton server={server} tool={tool} look="primary" />}
      >
        This takes <code>{tool}</code>, which the profile <code>core</code> leaves out. With the
        profile <code>all</code> assistants are shown all of them, too. The server starts anew with
        it; what it keeps stays.
      </Empty>
      <Lines name={server} entry={{ embedded: server, env: { TRESTLE_PROFILE: "all" } }} />
    </>
  );
}

interface OfferAllButtonProps extends LeftOut {
  readonly look?: "primary" | "plain";
}

/** Sets the profile of the server, and shows what is seen with it. */
export function OfferAllButton({ server, tool, look = "plain" }: OfferAllButtonProps) {
  const client = useQueryClient();
  const toasts = useToasts();
  const refused = useRights().admin();
  const offering = useMutation({
    mutationFn: () => offerAll({ server, tool }),
    async onSuccess(isThere) {
      await client.invalidateQueries();
      if (isThere) toasts.done(`${server} offers all of its tools`);
      else toasts.failed(`${server} offers no ${tool} yet`, new Error(STILL));
    },
    onError: (error) => toasts.failed(`The profile of ${server} was not changed`, error),
  });
  return (
    <Button
      look={look}
      icon="tools"
      disabled={refused}
      busy={offering.isPending}
      onClick={() => offering.mutate()}
    >
      Offer all of its tools
    </Button>
  );
}

const STILL = "Its profile is set: look at its page for what keeps it.";
const LOOKS = 40;
const LOOK_MS = 250;

/** Whether the tool is offered then: a server tells its tools a moment after it was started anew. */
async function offerAll({ server, tool }: LeftOut): Promise<boolean> {
  const config = await ask("GET config", { query: { key: "mcpServers" } });
  const [name] = namedEntry(config.keys[0]?.value, server) ?? [server];
  const key = `mcpServers.${name}.env.TRESTLE_PROFILE`;
  await ask("PUT config/:key", { path: { key }, body: { value: "all" } });
  for (let look = 0; look < LOOKS; look += 1) {
    const { tools } = await ask("GET tools", { query: { server, detail: "names" } });
    if (tools.some((each) => each.tool === tool)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

import { ask } from "../../api/client.ts";
import { hasCode } from "../../api/failure.ts";
import type { ChangedDefinition, DefinitionName, PinsDiff } from "../../api/generated.ts";
import { useAsk, useDo } from "../../api/queries.ts";
import { useRights } from "../../session/session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Diff } from "../../ui/diff.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { useToasts } from "../../ui/toasts.tsx";

/** What the server offers otherwise than somebody approved, line by line, to approve. */
export function Definitions({ server }: { readonly server: string }) {
  const diff = useAsk("GET pins/diff", { query: { server } });
  if (hasCode(diff.error, "not_found")) {
    return (
      <Empty icon="lock" title="Nothing of it is pinned">
        {diff.error.message}
      </Empty>
    );
  }
  return (
    <Loaded query={diff} skeleton={<SkeletonLines lines={6} />}>
      {(found) =>
        found.definitions.length + found.gone.length === 0 ? (
          <Empty icon="check" title="All is as it was approved">
            Whatever this server changes in its definitions will wait here for a person.
          </Empty>
        ) : (
          <Changed found={found} />
        )
      }
    </Loaded>
  );
}

function Changed({ found }: { readonly found: PinsDiff }) {
  const refused = useRights().admin();
  const approving = useDo("POST pins/approve", [
    "GET pins",
    "GET pins/diff",
    "GET tools",
    "GET servers",
  ]);
  const toasts = useToasts();
  const { server, digest, definitions, gone } = found;
  async function approve(one?: ChangedDefinition): Promise<void> {
    try {
      const looked = one === undefined ? digest : await digestOf(server, one);
      const name = one && { name: one.name };
      const done = await approving.mutateAsync({ body: { server, digest: looked, ...name } });
      const count = done.approved.length + done.forgotten.length;
      toasts.done("Approved", `${count} of ${server}.`);
    } catch (error) {
      toasts.failed("Nothing was approved", error);
    }
  }
  return (
    <div className="server-changed">
      <div className="server-approve">
        <p>
          Look at each line before you approve it: what a tool says of itself is read by assistants
          as if you had written it.
        </p>
        <Button
          look="primary"
          icon="check"
          disabled={refused}
          busy={approving.isPending}
          onClick={() => void approve()}
        >
          Approve all
        </Button>
      </div>
      {definitions.map((each) => (
        <Definition
          key={`${each.kind} ${each.name}`}
          each={each}
          approve={() => void approve(each)}
          refused={refused}
        />
      ))}
      {gone.length > 0 && <Gone gone={gone} />}
    </div>
  );
}

/** The digest of one definition by itself, if it is still what was looked at. */
async function digestOf(server: string, looked: ChangedDefinition): Promise<string> {
  const { name } = looked;
  const now = await ask("GET pins/diff", { query: { server, name } });
  const same = now.definitions.every((each) => each.diff.join("\n") === looked.diff.join("\n"));
  if (!same) throw new Error(`${name} has changed since you looked at it: load the page anew.`);
  return now.digest;
}

const STATES = {
  changed: { tone: "warn", words: "changed" },
  new: { tone: "info", words: "new" },
  suspect: { tone: "bad", words: "suspect" },
  unverified: { tone: "quiet", words: "not verified" },
} as const;

interface DefinitionProps {
  readonly each: ChangedDefinition;
  readonly approve: () => void;
  readonly refused: string | undefined;
}

function Definition({ each, approve, refused }: DefinitionProps) {
  const { kind, name, state, withheld, findings, diff } = each;
  const { tone, words } = STATES[state];
  const note = (
    <>
      {kind} <Badge tone={tone}>{words}</Badge>{" "}
      {withheld && <Badge title="Nobody can call it until it is approved.">withheld</Badge>}
    </>
  );
  return (
    <Card
      title={name}
      note={note}
      flush
      actions={
        <Button size="s" disabled={refused} onClick={approve}>
          Approve
        </Button>
      }
    >
      {findings.map((finding) => (
        <p key={finding} className="server-finding">
          <Icon name="alert" /> {finding}
        </p>
      ))}
      <Diff lines={diff} label={`What changed in ${name}`} />
    </Card>
  );
}

function Gone({ gone }: { readonly gone: readonly DefinitionName[] }) {
  return (
    <Card title="No longer there" note={gone.length}>
      {gone.map(({ kind, name }) => `${kind} ${name}`).join(", ")}
    </Card>
  );
}

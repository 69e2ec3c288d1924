import { type FormEvent, useState } from "react";
import type { GetSwarm } from "../../api/generated.ts";
import { useOrchestratorDo, useOrchestratorRead } from "../../api/orchestrator.ts";
import { moment } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SelectField, TextArea } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";

interface Message {
  readonly id: string;
  readonly from: string;
  readonly body: string;
  readonly importance: string;
  readonly sentAt: string;
}

interface Inbox {
  readonly messages: readonly Message[];
  readonly unread: number;
}

/** What agents have written to the owner, and what the owner writes to them. */
export function Mailbox({ swarm }: { readonly swarm: GetSwarm }) {
  const inbox = useOrchestratorRead<Inbox>(
    "read_inbox",
    { swarm: swarm.swarm, limit: 50 },
    { every: 5_000 },
  );
  const acknowledging = useOrchestratorDo("acknowledge");
  const now = useNow(10_000);
  const names = new Map(swarm.members.map(({ id, name }) => [id, name]));
  const messages = inbox.data?.messages ?? [];
  return (
    <Card title="Mailbox" note={inbox.data?.unread}>
      {messages.length === 0 && <p className="swarm-quiet">No messages for you.</p>}
      <ul className="swarm-messages">
        {messages.map(({ id, from, body, sentAt }) => (
          <li key={id}>
            <p>
              <strong>{names.get(from) ?? from}</strong> <time>{moment(sentAt, now)}</time>
            </p>
            <p>{body}</p>
            <Button
              size="s"
              look="quiet"
              icon="check"
              disabled={acknowledging.refused}
              onClick={() => acknowledging.mutate({ swarm: swarm.swarm, ids: [id] })}
            >
              Read
            </Button>
          </li>
        ))}
      </ul>
      <Write swarm={swarm} />
    </Card>
  );
}

function Write({ swarm }: { readonly swarm: GetSwarm }) {
  const [to, setTo] = useState("all");
  const [body, setBody] = useState("");
  const sending = useOrchestratorDo("send_message");
  const toasts = useToasts();
  const active = swarm.members.filter(({ status }) => status === "active");
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (body.trim() === "") return;
    sending.mutate(
      { swarm: swarm.swarm, to: [to], body },
      {
        onSuccess: () => {
          setBody("");
          toasts.done("The message is sent");
        },
        onError: (error) => toasts.failed("The message is not sent", error),
      },
    );
  };
  return (
    <form className="swarm-write" onSubmit={onSubmit}>
      <SelectField
        label="To"
        value={to}
        choices={[
          { value: "all", label: "All whom you reach" },
          ...active.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={setTo}
      />
      <TextArea
        label="Message"
        rows={2}
        value={body}
        onChange={(event) => setBody(event.target.value)}
      />
      <Button type="submit" disabled={sending.refused} busy={sending.isPending}>
        Send
      </Button>
    </form>
  );
}

import { type FormEvent, useState } from "react";
import type { GetSwarm } from "../../api/generated.ts";
import { useOrchestratorDo } from "../../api/orchestrator.ts";
import { Button } from "../../ui/button.tsx";
import { Json } from "../../ui/code.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { TASK_STATES } from "../swarms/counts.ts";

/** Of a task, what is shown. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly agent?: string;
  readonly doer?: string;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly result?: unknown;
  readonly reason?: string;
}

/** The columns that are always there; the others where a task is in them. */
const ALWAYS = new Set(["ready", "claimed", "succeeded"]);

interface BoardProps {
  readonly swarm: GetSwarm;
  readonly tasks: readonly Task[];
}

/** Tasks by their states. */
export function Board({ swarm, tasks }: BoardProps) {
  const [shown, show] = useState<Task>();
  const names = new Map(swarm.members.map(({ id, name }) => [id, name]));
  const columns = TASK_STATES.filter(
    (state) => ALWAYS.has(state) || tasks.some(({ status }) => status === state),
  );
  return (
    <>
      <AddTask swarm={swarm.swarm} />
      <div className="swarm-board">
        {columns.map((state) => {
          const own = tasks.filter(({ status }) => status === state);
          return (
            <section key={state} aria-label={`Tasks: ${state}`}>
              <h3>
                {state} <span>{own.length}</span>
              </h3>
              <ul>
                {own.map((task) => (
                  <li key={task.id}>
                    <button type="button" data-state={state} onClick={() => show(task)}>
                      <strong>{task.title}</strong>
                      <span>{names.get(task.agent ?? task.doer ?? "") ?? task.reason}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
      {shown && <OneTask swarm={swarm.swarm} task={shown} close={() => show(undefined)} />}
    </>
  );
}

function AddTask({ swarm }: { readonly swarm: string }) {
  const [title, setTitle] = useState("");
  const submitting = useOrchestratorDo("submit_task");
  const toasts = useToasts();
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (title.trim() === "") return;
    submitting.mutate(
      { swarm, title: title.trim() },
      {
        onSuccess: () => setTitle(""),
        onError: (error) => toasts.failed("The task is not added", error),
      },
    );
  };
  return (
    <form className="swarm-add" onSubmit={onSubmit}>
      <TextField
        label="New task"
        hidesLabel
        placeholder="What is to be done"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <Button type="submit" icon="plus" disabled={submitting.refused} busy={submitting.isPending}>
        Add task
      </Button>
    </form>
  );
}

interface OneTaskProps {
  readonly swarm: string;
  readonly task: Task;
  readonly close: () => void;
}

function OneTask({ swarm, task, close }: OneTaskProps) {
  const cancelling = useOrchestratorDo("cancel_task");
  const toasts = useToasts();
  const isOver = ["succeeded", "failed", "cancelled"].includes(task.status);
  const cancel = (): void =>
    cancelling.mutate(
      { swarm, task: task.id },
      { onSuccess: close, onError: (error) => toasts.failed("It goes on", error) },
    );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={task.title}
      description={`${task.id} is ${task.status}: attempt ${task.attempts} of ${task.maxAttempts}.`}
      actions={
        !isOver && (
          <Button
            look="danger"
            disabled={cancelling.refused}
            busy={cancelling.isPending}
            onClick={cancel}
          >
            Cancel the task
          </Button>
        )
      }
    >
      {task.reason && <p>{task.reason}</p>}
      {task.result !== undefined && <Json label="Result" value={task.result} />}
    </Dialog>
  );
}

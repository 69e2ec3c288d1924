import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import "./dialog.css";

export interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  /** The buttons at its end. */
  readonly actions?: ReactNode;
  readonly size?: "s" | "m" | "l";
}

/** A question or a form in front of the page; Escape and the ground behind it close it. */
export function Dialog(props: DialogProps) {
  const { open, onOpenChange, title, description, children, actions, size = "m" } = props;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="dialog-ground" />
        <Radix.Content
          className={`dialog dialog-${size}`}
          onOpenAutoFocus={beginInside}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <header className="dialog-head">
            <Radix.Title>{title}</Radix.Title>
            <Radix.Close asChild>
              <Button look="quiet" size="s" icon="close" iconOnly>
                Close
              </Button>
            </Radix.Close>
          </header>
          <div className="dialog-body">
            {description && (
              <Radix.Description asChild>
                <div className="dialog-lead">{description}</div>
              </Radix.Description>
            )}
            {children}
          </div>
          {actions && <footer className="dialog-foot">{actions}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The keys begin where something is written or chosen, not at the cross in its corner. */
function beginInside(event: Event): void {
  const { target } = event;
  const field = target instanceof Element && target.querySelector<HTMLElement>(FIRST);
  if (!field) return;
  event.preventDefault();
  field.focus();
}

const FIRST = ".dialog-body :is(input, select, textarea, [role=tab][aria-selected=true])";

export interface ConfirmProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly children: ReactNode;
  /** The verb of what is done: "Restart". */
  readonly verb: string;
  readonly danger?: boolean;
  readonly busy?: boolean;
  readonly onConfirm: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm(props: ConfirmProps) {
  const { open, onOpenChange, title, children, verb, danger, busy, onConfirm } = props;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={children}
      size="s"
      actions={
        <>
          <Button onClick={() => onOpenChange(false)}>Leave it</Button>
          <Button look={danger ? "danger" : "primary"} busy={busy === true} onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    />
  );
}

import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import "./button.css";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  readonly children: ReactNode;
  /** `primary` once on a page at most; `danger` for what cannot be undone. */
  readonly look?: "primary" | "plain" | "quiet" | "danger";
  readonly size?: "s" | "m";
  readonly icon?: IconName;
  /** Only the icon is seen; the words are for screen readers and the tooltip. */
  readonly iconOnly?: boolean;
  /** Why it cannot be used now. The button stays in reach of the keyboard and says so. */
  readonly disabled?: string | false | undefined;
  /** It was pressed and works on it. */
  readonly busy?: boolean;
}

/** A button that says why it is disabled, and keeps its size while it works. */
export function Button(props: ButtonProps) {
  const { children, look = "plain", size = "m", icon, iconOnly, disabled, busy, ...rest } = props;
  const { onClick, className, title, type = "button", ...attributes } = rest;
  const isOff = (typeof disabled === "string" && disabled !== "") || busy === true;
  const classes = [
    "button",
    `button-${look}`,
    `button-${size}`,
    iconOnly && "button-icon",
    className,
  ];
  const words = iconOnly && typeof children === "string" ? children : undefined;
  return (
    <button
      {...attributes}
      type={type}
      className={classes.filter(Boolean).join(" ")}
      aria-disabled={isOff || undefined}
      aria-busy={busy || undefined}
      aria-label={words}
      title={disabled || (title ?? words)}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon && <Icon name={icon} />}
      {!iconOnly && <span>{children}</span>}
      {busy && <span className="button-busy" aria-hidden="true" />}
    </button>
  );
}

import encodeQR from "qr";
import { useMemo } from "react";

/** The quiet zone that readers need, in modules (ISO/IEC 18004). */
const QUIET = 4;

/** A text as a QR code: one path, black on white in every theme, since readers want it so. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { side, path } = useMemo(() => {
    const rows = encodeQR(text, "raw", { border: QUIET });
    const squares = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
    return { side: rows.length, path: squares.join("") };
  }, [text]);
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

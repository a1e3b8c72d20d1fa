// Bytes: images that are safe to show, and the dump in hexadecimal.

import { element } from "./dom.js";

// SVG is absent on purpose: an SVG document can contain scripts.
const IMAGE_SIGNATURES = {
  "image/png": [0x89, 0x50, 0x4e, 0x47],
  "image/jpeg": [0xff, 0xd8, 0xff],
  "image/gif": [0x47, 0x49, 0x46, 0x38],
  "image/webp": [0x52, 0x49, 0x46, 0x46],
};
const HEX_BYTES_PER_LINE = 8;
const MAX_IMAGE_SIDE = 1024;

/** Returns the media type of a body that contains a PNG, JPEG, GIF or WebP image, or null. */
export function imageType({ content_type: type, data }) {
  const name = (type ?? "").split(";")[0].trim().toLowerCase();
  const signature = Object.hasOwn(IMAGE_SIGNATURES, name) ? IMAGE_SIGNATURES[name] : null;
  if (!signature) return null;
  const start = bytesOf({ encoding: "base64", data: data.slice(0, 16) });
  return signature.every((byte, index) => start[index] === byte) ? name : null;
}

/** The bytes of a body. */
export function bytesOf({ encoding, data }) {
  if (encoding === "text") return new TextEncoder().encode(data);
  try {
    return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/**
 * Renders an image on a canvas.
 *
 * A canvas needs no URL: the Content-Security-Policy `default-src 'self'` blocks `data:` and `blob:` URLs.
 */
export function renderImage(body) {
  const caption = element("figcaption", { class: "muted" }, "Loading image");
  const canvas = element("canvas", {
    role: "img",
    "aria-label": `Image, ${body.content_type}`,
    width: "0",
    height: "0",
  });
  createImageBitmap(new Blob([bytesOf(body)], { type: imageType(body) })).then(
    (bitmap) => {
      const scale = Math.min(1, MAX_IMAGE_SIDE / Math.max(bitmap.width, bitmap.height));
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      caption.textContent = `${bitmap.width} × ${bitmap.height} pixels`;
    },
    () => {
      caption.textContent = "The browser cannot decode this image. Select Hex to see the bytes.";
    },
  );
  return element("figure", { class: "image" }, canvas, caption);
}

/** Returns bytes as lines of offset, hexadecimal digits and ASCII. */
export function hexDump(bytes) {
  const lines = [];
  for (let offset = 0; offset < bytes.length; offset += HEX_BYTES_PER_LINE) {
    const line = [...bytes.subarray(offset, offset + HEX_BYTES_PER_LINE)];
    const digits = line
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ")
      .padEnd(HEX_BYTES_PER_LINE * 3 - 1);
    const text = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${offset.toString(16).padStart(6, "0")}  ${digits}  ${text}`);
  }
  return lines.join("\n");
}

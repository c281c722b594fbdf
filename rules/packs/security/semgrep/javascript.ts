import { exec, execFile } from "node:child_process";
import https from "node:https";

// ruleid: tls-not-verified
export const open = new https.Agent({ rejectUnauthorized: false });
// ok: tls-not-verified
export const closed = new https.Agent({ rejectUnauthorized: true });

export function handler(req: any, res: any) {
  // ruleid: eval-of-request
  eval(req.body.expression);
  // ok: eval-of-request
  JSON.parse(req.body.expression);
  // ruleid: shell-of-request
  exec(`convert ${req.query.file}`);
  // ok: shell-of-request
  execFile("convert", [req.query.file]);
  res.end();
}

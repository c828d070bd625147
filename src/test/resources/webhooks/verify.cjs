// node verify.cjs <folder of node_modules> <deliveries.json>: exits 0 if both libraries accept each delivery with each
// of its secrets, and refuse it with a changed body.
const path = require("node:path");
const { readFileSync } = require("node:fs");

const [libraries, file] = process.argv.slice(2);
const from = (name) => require(path.resolve(libraries, "node_modules", name));
const classes = [from("standardwebhooks").Webhook, from("svix").Webhook];

let checked = 0;
for (const { secrets, headers, body } of JSON.parse(readFileSync(file, "utf8"))) {
  for (const secret of secrets) {
    for (const Webhook of classes) {
      new Webhook(secret).verify(body, headers);
      checked++;
      let refused = false;
      try {
        new Webhook(secret).verify(body + " ", headers);
      } catch {
        refused = true;
      }
      if (!refused) throw new Error("a changed body was accepted");
    }
  }
}
console.log(`${checked} verifications`);

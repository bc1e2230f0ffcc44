// The passkey button is shown where the browser knows passkeys.
"use strict";

if (window.PublicKeyCredential) {
  for (const part of document.querySelectorAll(".passkeyform, [data-with-passkey]")) part.hidden = false;
}

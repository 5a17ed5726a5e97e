//! What attackers do: DER that no honest signer makes, signed again.

"""Proofs of BoringSSL, as curl_cffi ships it."""

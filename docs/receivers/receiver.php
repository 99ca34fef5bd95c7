<?php
// WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:8080 receiver.php        (PHP 7.4 or newer)
const TOLERANCE_S = 300;

/** The body is the bytes as they came. Returns null, or what is wrong. */
function problem_of(array $server, string $body, string $secret): ?string
{
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $signatures = $server['HTTP_WEBHOOK_SIGNATURE'] ?? '';
    if ($id === '' || $timestamp === '' || $signatures === '') {
        return 'a webhook header is missing';
    }
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_S) {
        return 'the timestamp is too old or too new';
    }
    // A text of your own signs as it stands.
    $key = preg_match('/^wh(sec|pk)_/', $secret) ? base64_decode(substr($secret, strpos($secret, '_') + 1)) : $secret;
    $signed = "$id.$timestamp.$body";
    // Several signatures, separated by spaces, while a secret is being rotated: one that fits is enough.
    foreach (explode(' ', $signatures) as $part) {
        if (strncmp($secret, 'whpk_', 5) === 0) {
            $given = base64_decode(substr($part, 4));
            if (strncmp($part, 'v1a,', 4) === 0 && strlen($given) === SODIUM_CRYPTO_SIGN_BYTES
                && sodium_crypto_sign_verify_detached($given, $signed, $key)) {
                return null;
            }
        } elseif (hash_equals('v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true)), $part)) {
            return null;
        }
    }
    return 'no signature fits';
}

$body = file_get_contents('php://input');
$problem = problem_of($_SERVER, $body, getenv('WEBHOOK_SECRET'));
if ($problem !== null) {
    http_response_code(401);
    echo $problem;
    return;
}
// In production: a table with a unique key, written in the transaction that does the work. Here: a file for each id.
$id = $_SERVER['HTTP_WEBHOOK_ID'];
$seen = sys_get_temp_dir() . '/webhook-seen-' . hash('sha256', getenv('WEBHOOK_SECRET') . $id);
$file = @fopen($seen, 'x');
if ($file !== false) {
    fclose($file);
    file_put_contents('php://stdout', "received $id $body\n");
}
// Answer soon, within the webhook's timeout: work that takes longer goes to a queue of your own.
http_response_code(204);

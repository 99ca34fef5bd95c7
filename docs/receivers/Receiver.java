// WEBHOOK_SECRET=whsec_… PORT=8080 java Receiver.java        (Java 17 or newer, no libraries)
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Receiver {
  static final long TOLERANCE_S = 300;
  static final String SECRET = System.getenv("WEBHOOK_SECRET");
  // In production: a table with a unique key, written in the transaction that does the work.
  static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

  /** The body is the bytes as they came, before anything parsed them. With Spring: a parameter `@RequestBody byte[] body`. */
  static void verify(Headers headers, byte[] body, String secret) throws GeneralSecurityException, IOException {
    String id = headers.getFirst("webhook-id");
    String timestamp = headers.getFirst("webhook-timestamp");
    String signatures = headers.getFirst("webhook-signature");
    if (id == null || timestamp == null || signatures == null) throw new GeneralSecurityException("a webhook header is missing");
    if (!timestamp.matches("\\d{1,12}") || Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(timestamp)) > TOLERANCE_S) {
      throw new GeneralSecurityException("the timestamp is too old or too new");
    }
    var signed = new ByteArrayOutputStream();
    signed.write((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
    signed.write(body);
    // Several signatures, separated by spaces, while a secret is being rotated: one that fits is enough.
    for (String part : signatures.split(" ")) {
      if (fits(part, signed.toByteArray(), secret)) return;
    }
    throw new GeneralSecurityException("no signature fits");
  }

  static boolean fits(String part, byte[] signed, String secret) throws GeneralSecurityException {
    // A text of your own signs as it stands.
    boolean isEncoded = secret.startsWith("whsec_") || secret.startsWith("whpk_");
    byte[] key = isEncoded
        ? Base64.getDecoder().decode(secret.substring(secret.indexOf('_') + 1))
        : secret.getBytes(StandardCharsets.US_ASCII);
    try {
      if (secret.startsWith("whpk_")) {
        if (!part.startsWith("v1a,")) return false;
        // SubjectPublicKeyInfo of an ed25519 key: RFC 8410, section 4.
        byte[] spki = HexFormat.of().parseHex("302a300506032b6570032100" + HexFormat.of().formatHex(key));
        Signature judge = Signature.getInstance("Ed25519");
        judge.initVerify(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki)));
        judge.update(signed);
        return judge.verify(Base64.getDecoder().decode(part.substring(4)));
      }
      if (!part.startsWith("v1,")) return false;
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return MessageDigest.isEqual(mac.doFinal(signed), Base64.getDecoder().decode(part.substring(3)));
    } catch (IllegalArgumentException | java.security.SignatureException error) {
      return false;
    }
  }

  static void receive(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    try {
      verify(exchange.getRequestHeaders(), body, SECRET);
    } catch (GeneralSecurityException error) {
      byte[] text = error.getMessage().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(401, text.length);
      exchange.getResponseBody().write(text);
      exchange.close();
      return;
    }
    String id = exchange.getRequestHeaders().getFirst("webhook-id");
    if (SEEN.add(id)) System.out.println("received " + id + " " + new String(body, StandardCharsets.UTF_8));
    // Answer soon, within the webhook's timeout: work that takes longer goes to a queue of your own.
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", Receiver::receive);
    server.start();
  }
}

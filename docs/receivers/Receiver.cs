// dotnet new web, this file as Program.cs; WEBHOOK_SECRET=whsec_… dotnet run --urls http://127.0.0.1:8080        (.NET 8 or newer)
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

var secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET")!;
// In production: a table with a unique key, written in the transaction that does the work.
var seen = new ConcurrentDictionary<string, bool>();
var app = WebApplication.CreateBuilder(args).Build();

app.MapPost("/{**path}", async (HttpRequest request) =>
{
    using var buffer = new MemoryStream();
    await request.Body.CopyToAsync(buffer);
    var body = buffer.ToArray();
    if (ProblemOf(request.Headers, body, secret) is string problem) return Results.Text(problem, statusCode: 401);
    var id = request.Headers["webhook-id"].ToString();
    if (seen.TryAdd(id, true)) Console.WriteLine($"received {id} {Encoding.UTF8.GetString(body)}");
    // Answer soon, within the webhook's timeout: work that takes longer goes to a queue of your own.
    return Results.NoContent();
});
app.Run();

// The body is the bytes as they came, before anything parsed them. Null, or what is wrong.
static string? ProblemOf(IHeaderDictionary headers, byte[] body, string secret)
{
    var id = headers["webhook-id"].ToString();
    var timestamp = headers["webhook-timestamp"].ToString();
    var signatures = headers["webhook-signature"].ToString();
    if (id == "" || timestamp == "" || signatures == "") return "a webhook header is missing";
    if (!long.TryParse(timestamp, out var seconds) || Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds) > 300)
        return "the timestamp is too old or too new";
    // A text of your own signs as it stands.
    var key = secret.StartsWith("whsec_", StringComparison.Ordinal)
        ? Convert.FromBase64String(secret["whsec_".Length..])
        : Encoding.ASCII.GetBytes(secret);
    byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
    var expected = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
    // Several signatures, separated by spaces, while a secret is being rotated: one that fits is enough.
    var fits = signatures.Split(' ').Any(part => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(part), expected));
    return fits ? null : "no signature fits";
}

# WEBHOOK_SECRET=whsec_… PORT=8080 ruby receiver.rb        (Ruby 2.7 or newer; gem install webrick from 3.0 on)
require 'base64'
require 'openssl'
require 'webrick'

TOLERANCE_S = 300
SECRET = ENV.fetch('WEBHOOK_SECRET')
# In production: a table with a unique key, written in the transaction that does the work.
SEEN = {}
LOCK = Mutex.new

# The body is the bytes as they came. In Rails: request.raw_post. Returns nil, or what is wrong.
def problem_of(headers, body, secret)
  id, timestamp, signatures = %w[webhook-id webhook-timestamp webhook-signature].map { |name| headers[name].to_s }
  return 'a webhook header is missing' if [id, timestamp, signatures].any?(&:empty?)
  return 'the timestamp is too old or too new' if !timestamp.match?(/\A\d+\z/) || (Time.now.to_i - timestamp.to_i).abs > TOLERANCE_S

  # A text of your own signs as it stands.
  key = secret.start_with?('whsec_') ? Base64.decode64(secret.delete_prefix('whsec_')) : secret
  signed = "#{id}.#{timestamp}.".b + body.b
  expected = "v1,#{Base64.strict_encode64(OpenSSL::HMAC.digest('SHA256', key, signed))}"
  # Several signatures, separated by spaces, while a secret is being rotated: one that fits is enough.
  fits = signatures.split(' ').any? { |part| part.bytesize == expected.bytesize && OpenSSL.fixed_length_secure_compare(part, expected) }
  fits ? nil : 'no signature fits'
end

server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: ENV.fetch('PORT', '8080').to_i, AccessLog: [], Logger: WEBrick::Log.new(nil, 0))
server.mount_proc '/' do |request, response|
  body = request.body || ''
  problem = problem_of(request, body, SECRET)
  if problem
    response.status = 401
    response.body = problem
  else
    id = request['webhook-id']
    LOCK.synchronize do
      puts "received #{id} #{body}" unless SEEN[id]
      $stdout.flush
      SEEN[id] = true
    end
    # Answer soon, within the webhook's timeout: work that takes longer goes to a queue of your own.
    response.status = 204
  end
end
trap('TERM') { server.shutdown }
trap('INT') { server.shutdown }
server.start

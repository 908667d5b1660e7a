// A TLS client and server on Java's JSSE; see ../programs.py for what the programs of this directory have in common.
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public final class Talk {
  private static final char[] PASSWORD = "interop".toCharArray();

  private final Map<String, String> options = new HashMap<>();
  private final int port;

  private Talk(String[] words) {
    port = Integer.parseInt(words[1]);
    for (int i = 2; i < words.length; i += 2) options.put(words[i].substring(2), words[i + 1]);
  }

  private static List<? extends Certificate> certificates(String file) throws Exception {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
    }
  }

  private static PrivateKey key(String file) throws Exception {
    String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
    PKCS8EncodedKeySpec der = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text));
    try {
      return KeyFactory.getInstance("EC").generatePrivate(der);
    } catch (InvalidKeySpecException notThatOne) {
      return KeyFactory.getInstance("RSA").generatePrivate(der);
    }
  }

  private void addPair(KeyStore store, String cert, String key) throws Exception {
    if (!options.containsKey(cert)) return;
    Certificate[] chain = certificates(options.get(cert)).toArray(new Certificate[0]);
    store.setKeyEntry(cert, key(options.get(key)), PASSWORD, chain);
  }

  private SSLContext context() throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    addPair(own, "cert", "key");
    addPair(own, "othercert", "otherkey");
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(own, PASSWORD);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    if (options.containsKey("ca"))
      for (Certificate certificate : certificates(options.get("ca"))) trusted.setCertificateEntry("ca", certificate);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    if (trusted.size() > 0) trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusted.size() > 0 ? trust.getTrustManagers() : null, null);
    return context;
  }

  private void setProtocols(SSLParameters parameters) {
    if (options.containsKey("alpn")) parameters.setApplicationProtocols(options.get("alpn").split(","));
  }

  private void client() throws Exception {
    byte[] sent = new byte[Integer.parseInt(options.get("size"))];
    new Random().nextBytes(sent);
    Socket tcp = new Socket(InetAddress.getByName("127.0.0.1"), port);
    try (SSLSocket socket = (SSLSocket) context().getSocketFactory().createSocket(tcp, options.get("name"), port, true)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(options.get("name"))));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      setProtocols(parameters);
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      Thread writer = new Thread(() -> write(socket, sent));
      writer.setDaemon(true);
      writer.start();
      if (!Arrays.equals(socket.getInputStream().readNBytes(sent.length), sent))
        throw new IOException("other bytes came back");
      writer.join();
      System.out.println("version " + socket.getSession().getProtocol());
      System.out.println("alpn " + socket.getApplicationProtocol());
    }
  }

  private static void write(SSLSocket socket, byte[] bytes) {
    try {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (IOException error) {
      System.err.println("write: " + error.getMessage());
    }
  }

  private static void echo(SSLSocket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException error) {
      System.err.println("client: " + error.getMessage());
    }
  }

  private void server() throws Exception {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    SSLServerSocket listener = (SSLServerSocket) context().getServerSocketFactory().createServerSocket(port, 16, loopback);
    SSLParameters parameters = listener.getSSLParameters();
    parameters.setNeedClientAuth(options.containsKey("ca"));
    setProtocols(parameters);
    listener.setSSLParameters(parameters);
    while (true) {
      SSLSocket socket = (SSLSocket) listener.accept();
      Thread thread = new Thread(() -> echo(socket));
      thread.setDaemon(true);
      thread.start();
    }
  }

  public static void main(String[] words) {
    try {
      Talk talk = new Talk(words);
      if (words[0].equals("client")) talk.client();
      else talk.server();
    } catch (Exception error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause()) System.err.println("refused: " + cause);
      System.exit(1);
    }
  }
}

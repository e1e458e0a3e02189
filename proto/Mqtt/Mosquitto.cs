using System.Runtime.InteropServices;

namespace Edge.Proto.Mqtt;

/// <summary>libmosquitto 2.x by its C names: nothing here has a meaning of ours.</summary>
internal static partial class Mosquitto
{
    public const int OptionProtocolVersion = 1;
    public const int OptionTcpNoDelay = 11;
    public const int ProtocolV5 = 5;
    public const int PropertyTopicAliasMaximum = 34;
    public const int PropertyTopicAlias = 35;
    public const int Success = 0;

    private const string Library = "libmosquitto.so.1";

    [LibraryImport(Library, EntryPoint = "mosquitto_lib_init")]
    public static partial int LibInit();

    [LibraryImport(Library, EntryPoint = "mosquitto_new", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint New(
        string? id, [MarshalAs(UnmanagedType.U1)] bool cleanStart, nint state);

    [LibraryImport(Library, EntryPoint = "mosquitto_destroy")]
    public static partial void Destroy(nint session);

    [LibraryImport(Library, EntryPoint = "mosquitto_int_option")]
    public static partial int IntOption(MosquittoHandle session, int option, int value);

    [LibraryImport(Library, EntryPoint = "mosquitto_tls_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int TlsSet(
        MosquittoHandle session, string caFile, string? caPath, string? certFile, string? keyFile, nint password);

    [LibraryImport(Library, EntryPoint = "mosquitto_username_pw_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int LoginSet(MosquittoHandle session, string user, string password);

    [LibraryImport(Library, EntryPoint = "mosquitto_will_set_v5", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int WillSet(
        MosquittoHandle session,
        string topic,
        int length,
        ReadOnlySpan<byte> payload,
        int qos,
        [MarshalAs(UnmanagedType.U1)] bool retain,
        nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_connect_bind_v5", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Connect(
        MosquittoHandle session, string host, int port, int keepAlive, string? bindAddress, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_disconnect_v5")]
    public static partial int Disconnect(MosquittoHandle session, int reason, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_publish_v5", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Publish(
        MosquittoHandle session,
        out int messageId,
        string? topic,
        int length,
        ReadOnlySpan<byte> payload,
        int qos,
        [MarshalAs(UnmanagedType.U1)] bool retain,
        nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_int16")]
    public static partial int AddProperty(ref nint properties, int property, ushort value);

    /// <summary>Returns the property that it found, or zero.</summary>
    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_int16")]
    public static partial nint ReadProperty(
        nint properties, int property, out ushort value, [MarshalAs(UnmanagedType.U1)] bool skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_free_all")]
    public static partial void FreeProperties(ref nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_subscribe_v5", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Subscribe(
        MosquittoHandle session, out int messageId, string filter, int qos, int options, nint properties);

    /// <summary>errno tells whether the socket was read empty; the return value does not.</summary>
    [LibraryImport(Library, EntryPoint = "mosquitto_loop_read", SetLastError = true)]
    public static partial int LoopRead(MosquittoHandle session, int packets);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_write")]
    public static partial int LoopWrite(MosquittoHandle session, int packets);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_misc")]
    public static partial int LoopMisc(MosquittoHandle session);

    [LibraryImport(Library, EntryPoint = "mosquitto_socket")]
    public static partial int Socket(MosquittoHandle session);

    [LibraryImport(Library, EntryPoint = "mosquitto_want_write")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool WantWrite(MosquittoHandle session);

    [LibraryImport(Library, EntryPoint = "mosquitto_strerror")]
    public static partial nint StringOfError(int error);

    [LibraryImport(Library, EntryPoint = "mosquitto_connect_v5_callback_set")]
    public static unsafe partial void OnConnect(
        MosquittoHandle session, delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_message_v5_callback_set")]
    public static unsafe partial void OnMessage(
        MosquittoHandle session, delegate* unmanaged[Cdecl]<nint, nint, Message*, nint, void> callback);

    /// <summary>struct mosquitto_message.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public int Id;
        public nint Topic;
        public nint Payload;
        public int PayloadLength;
        public int Qos;
        public byte Retain;
    }
}

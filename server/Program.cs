Console.Error.WriteLine("edge-server: no command");
return 1;
